"""The log of a job: what happened to it, for the people who watch it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lyticsapp.jobs.models import Job, JobLog, JobRun, LogLevel


def write(
    job: Job,
    message: str,
    *,
    level: LogLevel = LogLevel.INFO,
    run: JobRun | None = None,
    context: Mapping[str, Any] | None = None,
) -> None:
    """Add a line; `context` holds JSON values and no secret."""
    JobLog.objects.create(
        account=job.account,
        job=job,
        run=run,
        level=level,
        message=message,
        context=dict(context or {}),
    )
