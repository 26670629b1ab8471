"""The life of a job: which state may follow which, and who brought it about.

Whoever calls writes the audit entry, for what the person changed: a subscription,
an export. The job's own log is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from lyticsapp.accounts.audit import SYSTEM, Actor
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import log
from lyticsapp.jobs.errors import TransitionError
from lyticsapp.jobs.models import Job, JobState, LogLevel

_LIVE = frozenset({JobState.INITIALIZING, JobState.RUNNING, JobState.SLEEPING})

CAN_FOLLOW: Mapping[JobState, frozenset[JobState]] = {
    JobState.INITIALIZING: frozenset(),
    JobState.RUNNING: _LIVE | {JobState.PAUSED, JobState.FAILED},
    JobState.SLEEPING: frozenset({JobState.RUNNING}),
    JobState.PAUSED: _LIVE,
    JobState.FAILED: _LIVE,
    JobState.COMPLETED: frozenset({JobState.RUNNING, JobState.SLEEPING}),
    JobState.DELETED: frozenset(JobState) - {JobState.DELETED},
}
"""The states that each state can follow."""


def create(
    *,
    account: Account,
    workflow: str,
    label: str,
    actor: Actor,
    description: str = "",
    config: Mapping[str, Any] | None = None,
    authorization: Authorization | None = None,
) -> Job:
    """A new job, which runs at once."""
    job: Job = Job.objects.create(
        account=account,
        workflow=workflow,
        label=label,
        description=description,
        config=dict(config or {}),
        authorization=authorization,
        state=JobState.RUNNING,
        created_by=actor.author,
    )
    log.write(job, "Started.", context=_who(actor))
    return job


def pause(job: Job, actor: Actor) -> None:
    """Stop for now."""
    _change(job, JobState.PAUSED, "Paused.", actor)


def resume(job: Job, actor: Actor) -> None:
    """Go on, after a pause or a failure."""
    _change(job, JobState.RUNNING, "Resumed.", actor)


def fail(job: Job, reason: str) -> None:
    """Stop until somebody has mended what is wrong."""
    _change(job, JobState.FAILED, f"Failed: {reason}", SYSTEM, reason)


def delete(job: Job, actor: Actor) -> None:
    """Stop for good."""
    _change(job, JobState.DELETED, "Deleted.", actor)


@transaction.atomic
def _change(
    job: Job, state: JobState, message: str, actor: Actor, reason: str = ""
) -> None:
    """Bring the job into a state; one that is in it already stays as it is."""
    rows = Job.objects.for_account(job.account_id).select_for_update()
    kept: Job | None = rows.filter(pk=job.pk).first()
    before = JobState(kept.state) if kept is not None else JobState.DELETED
    if kept is None or before not in CAN_FOLLOW[state] | {state}:
        raise TransitionError(before, state)
    if before is not state:
        kept.state, kept.state_reason = state, reason
        kept.save(update_fields=["state", "state_reason", "updated_at"])
        level = LogLevel.ERROR if state is JobState.FAILED else LogLevel.INFO
        log.write(kept, message, level=level, context=_who(actor))
    job.state, job.state_reason = kept.state, kept.state_reason


def _who(actor: Actor) -> dict[str, str]:
    """Who did it, as the log's context shows it."""
    if actor.user is not None:
        return {"user_email": actor.user.email}
    return {"token": actor.token.name} if actor.token is not None else {}
