"""What people do with jobs: begin, pause, edit and end them.

A job that runs by itself is *due* at `next_run_at`; what a trigger drives is never
due, and runs from its beginning. A run that is under way takes notice at its next
step: see `lyticsapp.jobs.runner`.

Whoever calls writes the audit entry, for what the person changed: a subscription,
an export. The job's own log is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM, Actor
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import log, runs
from lyticsapp.jobs import workflow as workflows
from lyticsapp.jobs.errors import EditConflictError, NoOpenRunError, TransitionError
from lyticsapp.jobs.models import Job, JobState, LogLevel, RunState
from lyticsapp.jobs.transitions import enter, held

MOST_AT_ONCE = 200


@transaction.atomic
def create(
    *,
    account: Account,
    workflow: str,
    label: str,
    actor: Actor,
    description: str = "",
    config: Mapping[str, Any] | None = None,
    secrets: Mapping[str, Any] | None = None,
    authorization: Authorization | None = None,
) -> Job:
    """A new job, which starts at once."""
    runs_itself = workflows.runs_itself(workflow)
    job: Job = Job.objects.create(
        account=account,
        workflow=workflow,
        label=label,
        description=description,
        config=dict(config or {}),
        secrets=dict(secrets) if secrets else None,
        authorization=authorization,
        state=JobState.INITIALIZING if runs_itself else JobState.RUNNING,
        created_by=actor.author,
    )
    log.write(job, "Started.", context=log.who(actor))
    if runs_itself:
        runs.make_due(job)
        job.save(update_fields=["next_run_at"])
    return job


def pause(job: Job, actor: Actor) -> None:
    """Stop for now."""
    with held(job, "resumes_at") as kept:
        enter(kept, JobState.PAUSED, "Paused.", actor=actor)
        kept.resumes_at = None


def let_resume(job: Job, at: datetime) -> None:
    """Have a paused job go on by itself at an instant."""
    with held(job, "resumes_at") as kept:
        if kept.state == JobState.PAUSED:
            kept.resumes_at = at


def to_resume(now: datetime) -> list[Job]:
    """Jobs that were paused until now, the longest over first."""
    over = Job.across_accounts.filter(state=JobState.PAUSED, resumes_at__lte=now)
    found = over.select_related("account", "authorization").order_by("resumes_at")
    return list(found.defer("secrets")[:MOST_AT_ONCE])


def resume(job: Job, actor: Actor) -> None:
    """Go on after a pause: at once where it is due, else when it will be."""
    with held(job, "resumes_at") as kept:
        _only_after(JobState.PAUSED, kept)
        kept.resumes_at = None
        enter(kept, _after_pause(kept), "Resumed.", actor=actor)


def restart(job: Job, actor: Actor) -> None:
    """Run again after a failure."""
    with held(job) as kept:
        _only_after(JobState.FAILED, kept)
        is_new = enter(kept, JobState.RUNNING, "Restarted.", actor=actor)
        if is_new and workflows.runs_itself(kept.workflow):
            runs.ask_for(kept)


def run_now(job: Job, actor: Actor) -> None:
    """Wake a job that sleeps."""
    with held(job) as kept:
        if kept.state != JobState.SLEEPING:
            raise TransitionError(JobState(kept.state), JobState.RUNNING)
        runs.ask_for(kept)
        log.write(kept, "Asked to run now.", context=log.who(actor))


def cancel(job: Job, actor: Actor) -> None:
    """End the run that is under way, for good; the job goes on with the next one.

    Raises NoOpenRunError.
    """
    with held(job) as kept:
        run = runs.open_run(kept)
        if run is None:
            raise NoOpenRunError
        log.write(kept, "Asked to cancel.", run=run, context=log.who(actor))
        if run.state == RunState.WAITING:
            runs.cancel(kept, run)
        else:
            run.cancel_requested_at = timezone.now()
        run.save()


def stop(job: Job, reason: str) -> None:
    """Pause a job that cannot go on until somebody has mended what is wrong."""
    with held(job) as kept:
        enter(
            kept,
            JobState.PAUSED,
            f"Paused: {reason}",
            actor=SYSTEM,
            reason=reason,
            level=LogLevel.ERROR,
        )


def delete(job: Job, actor: Actor) -> None:
    """Stop for good."""
    with held(job, "secrets") as kept:
        enter(kept, JobState.DELETED, "Deleted.", actor=actor)
        kept.next_run_at, kept.secrets = None, None
        run = runs.open_run(kept)
        if run is not None and run.state == RunState.WAITING:
            runs.cancel(kept, run)
            run.save()


def edit(
    job: Job,
    *,
    version: int,
    label: str,
    description: str,
    config: Mapping[str, Any],
    secrets: Mapping[str, Any],
    authorization: Authorization | None,
    actor: Actor,
) -> None:
    """Change what a job is, from its next step on.

    `version` is the one that the person has seen. Raises EditConflictError.
    """
    changed = ("label", "description", "config", "secrets", "authorization", "version")
    with held(job, *changed) as kept:
        if kept.version != version or kept.state == JobState.DELETED:
            raise EditConflictError
        kept.version += 1
        kept.label, kept.description = label, description
        kept.config, kept.secrets = dict(config), dict(secrets) or None
        kept.authorization = authorization
        log.write(kept, "Edited.", context=log.who(actor))
        runs.reschedule(kept)


def _only_after(before: JobState, job: Job) -> None:
    """Raise TransitionError where a job is neither in this state nor running."""
    if job.state not in (before, JobState.RUNNING):
        raise TransitionError(JobState(job.state), JobState.RUNNING)


def _after_pause(job: Job) -> JobState:
    if job.next_run_at is not None:
        is_due = job.next_run_at <= timezone.now()
        return JobState.RUNNING if is_due else JobState.SLEEPING
    is_at_work = runs.open_run(job) is not None
    if is_at_work or not workflows.runs_itself(job.workflow):
        return JobState.RUNNING
    return JobState.COMPLETED
