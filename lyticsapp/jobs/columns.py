"""What the list of jobs shows of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations import provider as providers
from lyticsapp.face.shown import badge
from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import Job, JobRun


@admin.display(description="provider")
def provider(job: Job) -> str:
    """Where the data comes from or goes to."""
    kind = workflow.registry().get(job.workflow)
    return "" if kind is None else providers.title_of(kind.provider)


@admin.display(description="type")
def type_of_job(job: Job) -> str:
    """The documented title."""
    return workflow.title_of(job.workflow)


@admin.display(description="status", ordering="state")
def status(job: Job) -> str:
    """The state it is in."""
    return badge(job.get_state_display(), job.state)


@admin.display(description="created", ordering="created_at")
def created(job: Job) -> str:
    """When it was set up."""
    return _shown(job.created_at)


@admin.display(description="last run")
def last_run(job: Any) -> str:
    """When its newest run began, as `with_last_runs` has found out."""
    return _shown(job.last_run_at)


@admin.display(description="next run", ordering="next_run_at")
def next_run(job: Job) -> str:
    """When it is due."""
    return _shown(job.next_run_at)


def with_last_runs(account: Account, jobs: Iterable[Any]) -> list[Any]:
    """The jobs of a page, each with the time at which its newest run began."""
    shown = list(jobs)
    newest = JobRun.objects.for_account(account).filter(job=OuterRef("pk"))
    began = dict(
        Job.objects.for_account(account)
        .filter(pk__in=[job.pk for job in shown])
        .values_list(
            "pk", Subquery(newest.order_by("-started_at").values("started_at")[:1])
        )
    )
    for job in shown:
        job.last_run_at = began[job.pk]
    return shown


def _shown(instant: datetime | None) -> str:
    """To the minute; the line may break before the time, as three stand in a row."""
    if instant is None:
        return "—"
    return date_format(timezone.localtime(instant), "j\xa0M\xa0Y H:i")
