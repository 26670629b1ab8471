"""Alerts about jobs: failed, no data for longer than usual, slower than usual.

What is usual is told by the job's own past, by rules that one odd run does not move:

- *No data*: it pauses, counted in hours, for over one and a half times the longest
  of its last twenty pauses. With five pauses known or more.
- *Slow*: its run takes over three times the median of its last ten completed ones,
  and over ten minutes. With five of them known or more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from lyticsapp.alerts import kinds
from lyticsapp.alerts.agreement import Finding, agree
from lyticsapp.alerts.kinds import AlertKind
from lyticsapp.alerts.lifecycle import Subject
from lyticsapp.alerts.models import Severity
from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import LIVE, OPEN, Job, JobState

FAILED = kinds.register(
    AlertKind(
        name="job_failed",
        title="Job failed",
        meaning="A job has failed and does not run any more. It is over when somebody "
        "restarts or deletes the job.",
    )
)
NO_DATA = kinds.register(
    AlertKind(
        name="job_no_data",
        title="No data for longer than usual",
        meaning="A job has read nothing for over one and a half times the longest of "
        "its last twenty pauses; a pause is the time, in whole hours, between two "
        "hours with data, and five of them have to be known. It is over when data "
        "comes again, or the job is paused or ends.",
    )
)
SLOW = kinds.register(
    AlertKind(
        name="job_slow",
        title="Slower than usual",
        meaning="A run takes over three times the median of the job's last ten "
        "completed runs, five of which have to be known, and over ten minutes. It is "
        "over when the run ends, or the job is paused.",
    )
)

_PAUSES = """
SELECT j.id, usual.last, usual.longest
FROM jobs_job j CROSS JOIN LATERAL (
    SELECT max(hour) AS last, max(pause) AS longest, count(pause) AS pauses
    FROM (
        SELECT hour, hour - lag(hour) OVER (ORDER BY hour) AS pause
        FROM (
            SELECT h.hour FROM jobs_jobhour h
            WHERE h.job_id = j.id AND h.read > 0
            ORDER BY h.hour DESC LIMIT 21
        ) AS newest
    ) AS each
) AS usual
WHERE j.state = ANY(%(live)s) AND j.workflow = ANY(%(workflows)s)
  AND usual.pauses >= 5
  AND %(now)s - usual.last - interval '1 hour' > 1.5 * usual.longest
"""
_SLOW = """
SELECT r.job_id, r.started_at, usual.median
FROM jobs_jobrun r JOIN jobs_job j ON j.id = r.job_id CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY lasted) AS median,
           count(*) AS runs
    FROM (
        SELECT c.ended_at - c.started_at AS lasted FROM jobs_jobrun c
        WHERE c.job_id = r.job_id AND c.state = 'completed'
        ORDER BY c.started_at DESC LIMIT 10
    ) AS newest
) AS usual
WHERE r.state = ANY(%(open)s) AND j.state = ANY(%(live)s) AND usual.runs >= 5
  AND %(now)s - r.started_at > greatest(3 * usual.median, interval '10 minutes')
"""


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is wrong with a job."""

    title: str
    """What follows on its name."""
    text: str


def check() -> None:
    """Raise and clear the alerts of all jobs, as they are now."""
    now = timezone.now()
    _agree(FAILED, Severity.CRITICAL, _failed())
    _agree(NO_DATA, Severity.WARNING, _without_data(now))
    _agree(SLOW, Severity.WARNING, _slow(now))


def _failed() -> Mapping[int, _Finding]:
    failed = Job.across_accounts.filter(state=JobState.FAILED)
    return {
        pk: _Finding("failed", f"{reason} Mend it, then restart the job.")
        for pk, reason in failed.values_list("pk", "state_reason")
    }


def _without_data(now: datetime) -> Mapping[int, _Finding]:
    found: Iterable[tuple[int, datetime, timedelta]] = _rows(_PAUSES, now)
    return {
        pk: _Finding(
            "brings no data",
            f"It has read nothing since {_shown(last + timedelta(hours=1))}. Of late "
            f"its longest pause was {_hours(longest)}.",
        )
        for pk, last, longest in found
    }


def _slow(now: datetime) -> Mapping[int, _Finding]:
    found: Iterable[tuple[int, datetime, timedelta]] = _rows(_SLOW, now)
    return {
        pk: _Finding(
            "is slower than usual",
            f"Its run began at {_shown(began)} and is not done. Of late a run took "
            f"{max(1, round(median.total_seconds() / 60)):,} min.",
        )
        for pk, began, median in found
    }


def _agree(kind: AlertKind, severity: Severity, found: Mapping[int, _Finding]) -> None:
    """Have exactly these jobs have an open alert of the kind."""
    jobs = Job.across_accounts.defer("secrets").select_related("account")
    findings = [
        Finding(
            account=job.account,
            subject=Subject(
                key=job.public_id,
                label=job.label,
                url=reverse("admin:jobs_job_change", args=[job.pk]),
            ),
            title=f"Job “{job.label}” {found[job.pk].title}",
            text=found[job.pk].text,
        )
        for job in jobs.filter(pk__in=found)
    ]
    agree(kind, severity, findings)


def _rows(query: LiteralString, now: datetime) -> list[tuple[int, datetime, timedelta]]:
    values: dict[str, Any] = {
        "now": now,
        "live": [state.value for state in LIVE],
        "open": [state.value for state in OPEN],
        "workflows": workflow.keys_that_run(),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


def _shown(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _hours(pause: timedelta) -> str:
    hours = round(pause.total_seconds() / 3600)
    return "1 hour" if hours == 1 else f"{hours:,} hours"
