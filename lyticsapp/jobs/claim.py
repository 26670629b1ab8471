"""Taking up the run of a job that is due, and keeping it until the work is done.

What is taken is leased, and the lease renewed while the work goes on. Where a worker
was killed its lease ends, and a sweep gives the run to another. A worker that was
only cut off finds at its next step that the run is no longer its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from lyticsapp.jobs import runs
from lyticsapp.jobs.models import LIVE, Job, JobRun, JobState, RunState
from lyticsapp.jobs.transitions import enter, held

LEASE_S = 30.0
MOST_AT_ONCE = 200
"""How many jobs a look finds; the next look finds others."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours until its lease ends."""

    job: Job
    run: JobRun

    @property
    def rows(self) -> QuerySet[JobRun]:
        """The run's row, as long as it is ours."""
        return JobRun.objects.for_account(self.run.account_id).filter(
            pk=self.run.pk, tries=self.run.tries, state=RunState.RUNNING
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run has to take notice of."""

    job_state: JobState
    version: int
    """Of the job's settings."""
    is_cancelled: bool


def due(*, late: timedelta = timedelta(0)) -> list[int]:
    """The jobs that have been due for so long, the longest first."""
    waiting = Job.across_accounts.filter(
        state__in=LIVE, next_run_at__lte=timezone.now() - late
    )
    ids = waiting.order_by("next_run_at").values_list("pk", flat=True)
    return list(ids[:MOST_AT_ONCE])


def take(job_id: int) -> Claim | None:
    """Take up a job's run; None where it is not due, as when a worker is at it."""
    now = timezone.now()
    waiting = Job.across_accounts.filter(state__in=LIVE, next_run_at__lte=now)
    found = waiting.filter(pk=job_id).select_related("account").defer("secrets")
    job: Job | None = found.first()
    if job is None:
        return None
    with held(job) as kept:
        is_due = kept.next_run_at is not None and kept.next_run_at <= now
        if kept.state not in LIVE or not is_due:
            return None
        run = runs.open_run(kept) or runs.new_run(kept)
        _begin(kept, run)
    return Claim(job, run)


def renew(claim: Claim, **changes: Any) -> Standing | None:
    """Keep the run, with changes to its row; None where it is not ours any more."""
    if not claim.rows.update(leased_until=_lease(), **changes):
        return None
    asked_at, state, version = claim.rows.values_list(
        "cancel_requested_at", "job__state", "job__version"
    ).get()
    return Standing(JobState(state), version, asked_at is not None)


def end(
    claim: Claim, ending: Callable[[Job, JobRun], None], *, skip_locked: bool = False
) -> None:
    """Have a try end in this way, unless another worker has the run."""
    with held(claim.job) as job:
        rows = claim.rows.select_for_update(no_key=True, skip_locked=skip_locked)
        run = rows.first()
        if run is not None:
            ending(job, run)
            run.save()


def recover() -> None:
    """Have the runs gone on with whose worker is gone."""
    lost = JobRun.across_accounts.filter(
        state=RunState.RUNNING, leased_until__lt=timezone.now()
    )
    found = (
        lost.select_related("job__account")
        .defer("job__secrets")
        .order_by("leased_until")
    )
    for run in found[:MOST_AT_ONCE]:
        # Whoever holds the row is at work on it.
        end(Claim(run.job, run), _lose, skip_locked=True)


def _begin(job: Job, run: JobRun) -> None:
    now = timezone.now()
    run.state, run.leased_until = RunState.RUNNING, _lease()
    run.tries += 1
    if run.tries == 1:
        run.started_at = now
    run.save()
    job.next_run_at = None
    text = "Run started." if run.tries == 1 else "The run goes on."
    enter(job, JobState.RUNNING, text)
    job.state_reason = ""


def _lose(job: Job, run: JobRun) -> None:
    if run.leased_until is not None and run.leased_until < timezone.now():
        runs.lose(job, run)


def _lease() -> datetime:
    return timezone.now() + timedelta(seconds=LEASE_S)
