"""What people and programs do with jobs, whatever runs them.

A job whose workflow has a driver is created, changed, paused, resumed and deleted by
it; any other by the life of jobs itself. Each change is in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import SYSTEM, Actor
from lyticsapp.accounts.models import Account
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import NOTHING_STORED, Stored, reveal, validate
from lyticsapp.jobs import lifecycle, workflow
from lyticsapp.jobs.errors import EditConflictError, TransitionError
from lyticsapp.jobs.models import Job
from lyticsapp.jobs.workflow import Driver, Setup, Wanted, Workflow
from lyticsapp.masking import MASK

LONGEST_LABEL = 200

Steer = Callable[[Job, Actor], None]


def create(account: Account, wanted: Wanted, actor: Actor) -> Job:
    """A new job, which starts at once.

    Raises InvalidSettingError, JobError and what the workflow's driver refuses.
    """
    kind = workflow.get(wanted.workflow)
    _check_label(wanted)
    _check_authorization(account, kind, wanted)
    if kind.driver is not None:
        return kind.driver.create(account, wanted, actor)
    stored = checked(account, kind, wanted, NOTHING_STORED)
    job = lifecycle.create(
        account=account,
        workflow=kind.key,
        label=wanted.label.strip(),
        description=wanted.description,
        config=stored.config,
        secrets=stored.secrets,
        authorization=wanted.authorization,
        actor=actor,
    )
    record("create", job, actor)
    return job


def edit(job: Job, wanted: Wanted, actor: Actor, *, version: int | None = None) -> None:
    """Change a job; one that runs goes on with it at its next step.

    `version` is the one the change was made from. Raises EditConflictError where
    somebody else has changed the job since, and what `create` raises.
    """
    kind = workflow.get(job.workflow)
    _check_label(wanted)
    _check_authorization(job.account, kind, wanted)
    if version is not None and version != job.version:
        raise EditConflictError
    if kind.driver is not None:
        kind.driver.update(job, wanted, actor)
        return
    before, secrets = _shown(job), job.secrets or {}
    stored = checked(job.account, kind, wanted, job.stored)
    lifecycle.edit(
        job,
        label=wanted.label.strip(),
        description=wanted.description,
        config=stored.config,
        secrets=stored.secrets,
        authorization=wanted.authorization,
        actor=actor,
        version=job.version if version is None else version,
    )
    changes = audit.differences(before, _shown(job))
    if stored.secrets != secrets:
        changes["secrets"] = [MASK, MASK]
    record("update", job, actor, changes)


def pause(job: Job, actor: Actor) -> None:
    """Stop for now; raises TransitionError."""
    _steer(job, actor, "pause", lambda driver: driver.pause, lifecycle.pause)


def pause_for(job: Job, lasting: timedelta, actor: Actor) -> None:
    """Stop for a while, and go on by itself; raises TransitionError."""
    with transaction.atomic():
        pause(job, actor)
        lifecycle.let_resume(job, timezone.now() + lasting)


def resume_those_due() -> None:
    """Have jobs go on that were paused for a while."""
    for job in lifecycle.to_resume(timezone.now()):
        with suppress(TransitionError):  # somebody has steered it in the meantime
            resume(job, SYSTEM)


def resume(job: Job, actor: Actor) -> None:
    """Go on after a pause; raises TransitionError."""
    _steer(job, actor, "resume", lambda driver: driver.resume, lifecycle.resume)


def restart(job: Job, actor: Actor) -> None:
    """Go on after a failure that somebody has mended; raises TransitionError."""
    _steer(job, actor, "restart", lambda driver: driver.restart, lifecycle.restart)


def delete(job: Job, actor: Actor) -> None:
    """Stop for good; raises TransitionError."""
    _steer(job, actor, "delete", lambda driver: driver.delete, lifecycle.delete)


def run_now(job: Job, actor: Actor) -> None:
    """Begin the next run at once; raises TransitionError."""
    lifecycle.run_now(job, actor)
    record("run now", job, actor, {})


def cancel(job: Job, actor: Actor) -> None:
    """End the run that is under way, for good; raises NoOpenRunError."""
    lifecycle.cancel(job, actor)
    record("cancel", job, actor, {})


def check(account: Account, wanted: Wanted, before: Stored = NOTHING_STORED) -> None:
    """Look at a job before it is created, or changed from `before`; change nothing.

    What only a driver can tell comes later. Raises what `create` raises.
    """
    kind = workflow.get(wanted.workflow)
    _check_label(wanted)
    _check_authorization(account, kind, wanted)
    checked(account, kind, wanted, before)


def stored_of(job: Job) -> Stored:
    """The settings of a job with its secrets, whoever keeps them."""
    driver = workflow.get(job.workflow).driver
    return job.stored if driver is None else driver.stored(job)


def checked(account: Account, kind: Workflow, wanted: Wanted, before: Stored) -> Stored:
    """The settings to save, after all that can be wrong with them was looked at."""
    stored = validate(kind.fields, wanted.config, before)
    kind.check(Setup(account, wanted.authorization, reveal(stored)))
    return stored


def record(
    action: str, job: Job, actor: Actor, changes: Mapping[str, Any] | None = None
) -> None:
    """Write down what was done to a job, and what it made of it."""
    audit.record(
        account=job.account,
        action=action,
        obj=job,
        changes=_shown(job) if changes is None else changes,
        user=actor.user,
        token=actor.token,
    )


def _shown(job: Job) -> dict[str, Any]:
    """What the audit log tells of a job; its settings are masked as they are stored."""
    return {
        "workflow": job.workflow,
        "label": job.label,
        "description": job.description,
        "authorization": str(job.authorization or ""),
        **job.config,
    }


def _steer(
    job: Job,
    actor: Actor,
    action: str,
    driven: Callable[[Driver], Steer],
    by_itself: Steer,
) -> None:
    driver = workflow.get(job.workflow).driver
    if driver is not None:
        driven(driver)(job, actor)
        return
    by_itself(job, actor)
    record(action, job, actor, {})


def _check_label(wanted: Wanted) -> None:
    if not wanted.label.strip():
        raise InvalidSettingError("label", "is required.")
    if len(wanted.label) > LONGEST_LABEL:
        raise InvalidSettingError("label", f"is over {LONGEST_LABEL} characters.")


def _check_authorization(account: Account, kind: Workflow, wanted: Wanted) -> None:
    given = wanted.authorization
    if given is None:
        if kind.methods and kind.without is None:
            raise InvalidSettingError("authorization", "is required.")
        return
    fits = given.provider == kind.provider and given.method in kind.methods
    if given.account_id != account.pk or not fits:
        raise InvalidSettingError(
            "authorization", f"is not one that {kind.title} can use."
        )
