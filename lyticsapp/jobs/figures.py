"""What a job does in each hour, for charts and for knowing what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import timezone

from lyticsapp.accounts.models import Account
from lyticsapp.jobs.models import COUNTS, Job, JobHour

HOUR = timedelta(hours=1)

_ADD = f"""
INSERT INTO jobs_jobhour (account_id, job_id, hour, {", ".join(COUNTS)})
VALUES (%s, %s, date_trunc('hour', %s, 'UTC'), {", ".join(["%s"] * len(COUNTS))})
ON CONFLICT (job_id, hour) DO UPDATE
SET {", ".join(f"{name} = jobs_jobhour.{name} + excluded.{name}" for name in COUNTS)}
"""  # noqa: S608 - names of columns, all of them ours


@dataclass(frozen=True, slots=True)
class Hour:
    """What a job read and what failed in an hour."""

    begins: datetime
    read: int
    failed: int


def newest_hours(job: Job, count: int) -> list[Hour]:
    """The newest hours, the oldest of them first; those without figures hold zeros."""
    return _summed(JobHour.objects.for_account(job.account_id).filter(job=job), count)


def newest_hours_of_all(account: Account, count: int) -> list[Hour]:
    """The same of all jobs of an account together."""
    return _summed(JobHour.objects.for_account(account), count)


def _summed(hours: QuerySet[JobHour], count: int) -> list[Hour]:
    this = timezone.now().replace(minute=0, second=0, microsecond=0)
    begins = [this - (count - 1 - number) * HOUR for number in range(count)]
    found = hours.filter(hour__gte=begins[0]).values("hour")
    sums = found.annotate(Sum("read"), Sum("failed")).order_by()
    known = {each["hour"]: (each["read__sum"], each["failed__sum"]) for each in sums}
    return [Hour(at, *known.get(at, (0, 0))) for at in begins]


def add(job: Job, at: datetime, counts: Mapping[str, int]) -> None:
    """Add to the counts of the hour; none of them adds nothing."""
    if not any(counts.values()):
        return
    added = [counts.get(name, 0) for name in COUNTS]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [job.account_id, job.pk, at, *added])
