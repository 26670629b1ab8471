"""What a job does in each hour, for charts and for knowing what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from lyticsapp.jobs.models import COUNTS, Job

_ADD = f"""
INSERT INTO jobs_jobhour (account_id, job_id, hour, {", ".join(COUNTS)})
VALUES (%s, %s, date_trunc('hour', %s, 'UTC'), {", ".join(["%s"] * len(COUNTS))})
ON CONFLICT (job_id, hour) DO UPDATE
SET {", ".join(f"{name} = jobs_jobhour.{name} + excluded.{name}" for name in COUNTS)}
"""  # noqa: S608 - names of columns, all of them ours


def add(job: Job, at: datetime, counts: Mapping[str, int]) -> None:
    """Add to the counts of the hour; none of them adds nothing."""
    if not any(counts.values()):
        return
    added = [counts.get(name, 0) for name in COUNTS]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [job.account_id, job.pk, at, *added])
