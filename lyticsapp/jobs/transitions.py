"""Which state of a job may follow which, and the one way into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import transaction

from lyticsapp.accounts.audit import SYSTEM, Actor
from lyticsapp.jobs import log
from lyticsapp.jobs.errors import TransitionError
from lyticsapp.jobs.models import LIVE, Job, JobState, LogLevel

CAN_FOLLOW: Mapping[JobState, frozenset[JobState]] = {
    JobState.INITIALIZING: frozenset(),
    JobState.RUNNING: frozenset(LIVE) | {JobState.PAUSED, JobState.FAILED},
    JobState.SLEEPING: frozenset({JobState.RUNNING, JobState.PAUSED}),
    JobState.PAUSED: frozenset(LIVE),
    JobState.FAILED: frozenset(LIVE),
    JobState.COMPLETED: frozenset(
        {JobState.RUNNING, JobState.SLEEPING, JobState.PAUSED}
    ),
    JobState.DELETED: frozenset(JobState) - {JobState.DELETED},
}
"""The states that each state can follow."""

_SAVED = ("state", "state_reason", "next_run_at", "updated_at")
_SHOWN = ("state", "state_reason", "next_run_at", "version")


@contextmanager
def held(job: Job, *also: str) -> Iterator[Job]:
    """The job as it is now, to be changed by nobody else until the block ends.

    What becomes of it is saved then, its fields of `also` too, and shown in `job`. A
    job that is gone counts as deleted.
    """
    with transaction.atomic():
        # Log lines refer to the row: writing one has to be possible meanwhile. And a
        # job whose secrets cannot be read has to be able to fail.
        rows = Job.objects.for_account(job.account_id).select_for_update(no_key=True)
        kept: Job | None = rows.filter(pk=job.pk).defer("secrets").first()
        if kept is None:
            raise TransitionError(JobState.DELETED, JobState(job.state))
        yield kept
        kept.save(update_fields=[*_SAVED, *also])
    for name in (*_SHOWN, *also):
        setattr(job, name, getattr(kept, name))


def enter(
    job: Job,
    state: JobState,
    message: str,
    *,
    actor: Actor = SYSTEM,
    reason: str = "",
    level: LogLevel = LogLevel.INFO,
) -> bool:
    """Bring a held job into a state, and log it; false where it is in it already.

    Raises TransitionError.
    """
    before = JobState(job.state)
    if before is state:
        return False
    if before not in CAN_FOLLOW[state]:
        raise TransitionError(before, state)
    job.state, job.state_reason = state, reason
    log.write(job, message, level=level, context=log.who(actor))
    return True
