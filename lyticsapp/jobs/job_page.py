"""What the page of a job shows: how it stands, what it is, how it has run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from lyticsapp.authorizations import provider
from lyticsapp.declaration.settings import Setting
from lyticsapp.jobs import figures, progress, runs, workflow
from lyticsapp.jobs.figures import Hour
from lyticsapp.jobs.models import LIVE, OPEN, Job, JobLog, JobRun, JobState
from lyticsapp.jobs.schedule import next_after, upcoming
from lyticsapp.jobs.workflow import Driven, Link
from lyticsapp.masking import MASK

RUNS_SHOWN = 10
LINES_SHOWN = 10
NEXT_RUNS_SHOWN = 5
CHART_HOURS = 7 * 24

_ADVICE: Mapping[JobState, str] = {
    JobState.INITIALIZING: "It is about to run for the first time.",
    JobState.RUNNING: "",
    JobState.SLEEPING: "",
    JobState.PAUSED: "Resume it, and it goes on where it stopped.",
    JobState.FAILED: "Mend what is wrong, then restart it: it goes on where it failed.",
    JobState.COMPLETED: "All is done. To do it again, set up a new job.",
}
_TRIED_AGAIN = (
    "It is tried again by itself. If you have mended what is wrong, run it now."
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A setting of a job as people read it: a text, or a list of what it names."""

    label: str
    text: str = ""
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A count over time, as `bars` draws it."""

    what: str
    points: Sequence[tuple[datetime, int]]
    is_of_errors: bool = False

    @property
    def total(self) -> int:
        """In all hours together."""
        return sum(number for _, number in self.points)

    @property
    def most(self) -> int:
        """In the hour with the most."""
        return max(number for _, number in self.points)


def about(job: Job) -> dict[str, Any]:
    """What the page shows, which stays as it is while somebody looks."""
    kind = workflow.registry().get(job.workflow)
    shown: dict[str, Any] = {
        "type": workflow.title_of(job.workflow),
        "provider": provider.title_of(kind.provider) if kind else "",
        "facts": configuration(job),
        "driven": driven(job),
        "lines": _of(JobLog, job).order_by("-at", "-pk")[:LINES_SHOWN],
    }
    if workflow.runs_itself(job.workflow):
        shown["charts"] = charts(figures.newest_hours(job, CHART_HOURS))
    return shown


def live(job: Job) -> dict[str, Any]:
    """What changes while somebody looks."""
    newest = list(runs_of(job)[: RUNS_SHOWN + 1])
    under_way = next((run for run in newest if run.state in OPEN), None)
    return {
        "original": job,
        "advice": advice(job),
        "runs_itself": workflow.runs_itself(job.workflow),
        "progress": progress.progress_of(under_way) if under_way else None,
        "next_runs": next_runs(job, under_way),
        "runs": newest[:RUNS_SHOWN],
        "has_more_runs": len(newest) > RUNS_SHOWN,
    }


def advice(job: Job) -> str:
    """What can be done about the state a job is in."""
    if job.state == JobState.SLEEPING and job.state_reason:
        return _TRIED_AGAIN
    return _ADVICE.get(JobState(job.state), "")


def configuration(job: Job) -> list[Fact]:
    """The settings that a job has, under their labels, in the document's order."""
    kind = workflow.registry().get(job.workflow)
    declared = kind.fields if kind else ()
    facts = [_fact(job, each) for each in declared if each.name in job.config]
    known = {each.name for each in declared}
    left = [name for name in job.config if name not in known]
    return facts + [Fact(name, _text(job.config[name])) for name in left]


def charts(hours: Sequence[Hour]) -> list[Chart]:
    """The throughput and the errors of these hours."""
    return [
        Chart("read", [(hour.begins, hour.read) for hour in hours]),
        Chart("failed", [(hour.begins, hour.failed) for hour in hours], True),
    ]


def driven(job: Job) -> Driven | None:
    """What the job drives; None where it runs by itself."""
    kind = workflow.registry().get(job.workflow)
    return kind.driver.driven(job) if kind and kind.driver else None


def runs_of(job: Job) -> Any:
    """Its runs, the newest first."""
    return _of(JobRun, job).order_by("-started_at", "-pk")


def next_runs(job: Job, under_way: JobRun | None) -> list[datetime]:
    """When it is due next, as it comes about if what is under way ends now."""
    if job.state not in LIVE or not workflow.runs_itself(job.workflow):
        return []
    schedule, due = runs.schedule_of(job), job.next_run_at
    if due is None and under_way is not None:
        began = under_way.started_at
        due = next_after(schedule, began_at=began, ended_at=timezone.now())
    return [] if due is None else upcoming(schedule, due, NEXT_RUNS_SHOWN)


def _fact(job: Job, field: workflow.Field) -> Fact:
    value = job.config[field.name]
    if field.secret:
        return Fact(field.label, MASK)
    if field.names is not None:
        known = field.names(job.account, value)
        gone = {each: Link(f"{each} (deleted)") for each in value}
        return Fact(field.label, links=list({**gone, **known}.values()))
    return Fact(field.label, _chosen(field, value))


def _chosen(field: Setting, value: Any) -> str:
    labels = {choice.value: choice.label for choice in field.choices}
    if isinstance(value, list):
        return _text([labels.get(each, each) for each in value])
    return labels.get(_text(value), _text(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return "\n".join(f"{name}: {each}" for name, each in value.items())
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _of(model: Any, job: Job) -> Any:
    return model.objects.for_account(job.account_id).filter(job=job)
