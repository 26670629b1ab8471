"""Deleting what is past its retention, a chunk at a time.

Runs that have ended, log lines and figures are kept JOB_RETENTION_DAYS; but of each
job the newest run, where the next one goes on. A job that has completed, failed or was
deleted is deleted whole after as many days, as documented. One that is paused is not:
somebody means to go on with it. What drives something else belongs to that.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import Job, JobHour, JobLog, JobRun, JobState

CHUNK = 1_000
JOBS_AT_ONCE = 50


def prune() -> None:
    """Delete all that may go."""
    before = timezone.now() - timedelta(days=settings.JOB_RETENTION_DAYS)
    _delete(JobLog, JobLog.across_accounts.filter(at__lt=before), CHUNK)
    _delete(JobHour, JobHour.across_accounts.filter(hour__lt=before), CHUNK)
    _delete(JobRun, _old_runs(before), CHUNK)
    _delete(Job, _old_jobs(before), JOBS_AT_ONCE)


def _old_runs(before: datetime) -> QuerySet[JobRun]:
    newer = JobRun.across_accounts.filter(job=OuterRef("job"), pk__gt=OuterRef("pk"))
    runs: QuerySet[JobRun] = JobRun.across_accounts.filter(
        Exists(newer), ended_at__lt=before
    )
    return runs


def _old_jobs(before: datetime) -> QuerySet[Job]:
    has_ended = Q(
        state__in=[JobState.COMPLETED, JobState.FAILED],
        workflow__in=workflow.keys_that_run(),
    )
    jobs: QuerySet[Job] = Job.across_accounts.filter(
        has_ended | Q(state=JobState.DELETED), updated_at__lt=before
    )
    return jobs


def _delete(model: type[Any], rows: QuerySet[Any], at_once: int) -> None:
    while ids := list(rows.values_list("pk", flat=True)[:at_once]):
        model.across_accounts.filter(pk__in=ids).delete()
