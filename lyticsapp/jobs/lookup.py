"""Finding the jobs of an account."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.dependencies import Dependant
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs.errors import UnknownJobError
from lyticsapp.jobs.models import Job, JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Which jobs are meant; the completed and deleted ones only where asked for."""

    workflow: str = ""
    authorization_ids: Collection[str] = ()
    completed: bool = False
    deleted: bool = False


def listing(account: Account, narrowed: Narrowed | None = None) -> QuerySet[Job]:
    """The jobs, the newest first."""
    asked = narrowed or Narrowed()
    found: QuerySet[Job] = Job.objects.for_account(account)
    if asked.workflow:
        found = found.filter(workflow=asked.workflow.replace("-", "_"))
    if asked.authorization_ids:
        found = found.filter(authorization__public_id__in=asked.authorization_ids)
    hidden = [
        state
        for state, shown in (
            (JobState.COMPLETED, asked.completed),
            (JobState.DELETED, asked.deleted),
        )
        if not shown
    ]
    return (
        found.exclude(state__in=hidden)
        .select_related("account", "authorization", "created_by")
        .order_by("-created_at", "-pk")
    )


def get(account: Account, public_id: str, workflow: str = "") -> Job:
    """The job of this id, of this workflow where one is named; raises UnknownJobError."""
    everything = Narrowed(workflow=workflow, completed=True, deleted=True)
    job = listing(account, everything).filter(public_id=public_id).first()
    if job is None:
        raise UnknownJobError(public_id)
    return job


def using(authorization: Authorization) -> list[Dependant]:
    """The jobs that would stop without an authorization."""
    found = listing(authorization.account).filter(authorization=authorization)
    return [
        Dependant(
            job.public_id, job.label, reverse("admin:jobs_job_change", args=[job.pk])
        )
        for job in found.exclude(state=JobState.FAILED)
    ]
