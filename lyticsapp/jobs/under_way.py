"""A run that is under way: what the code of its workflow is given to work with."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import structlog
from django.db import Error, connection, transaction
from django.db.models import F
from django.utils import timezone

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.credentials import (
    Credentials,
    credentials_of,
    no_credentials,
)
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.settings import reveal
from lyticsapp.jobs import claim as claims
from lyticsapp.jobs import figures
from lyticsapp.jobs.claim import Claim, Standing
from lyticsapp.jobs.log import RunLog
from lyticsapp.jobs.models import COUNTS, Job, JobState, LogLevel
from lyticsapp.jobs.run import Interrupted

BEAT_S = 5.0
"""How often the lease is renewed while the workflow says nothing."""
SLICE_S = 60.0
"""How long a run that gives way is at work at least."""
WAITED = timedelta(seconds=5)
"""A job that was due for so long waits for a worker."""

log = structlog.get_logger(__name__)


class RunUnderWay:
    """Implements `lyticsapp.jobs.run.Run` on the rows of a claim.

    One that gives way ends when other jobs wait for a worker, and is gone on with
    after them: else those that consume streams would keep the workers for good.
    """

    def __init__(self, claim: Claim, stopping: Event, *, gives_way: bool) -> None:
        self._claim = claim
        self._stopping = stopping
        self._gives_way = gives_way
        self._begun = time.monotonic()
        self._log = RunLog(claim.job, claim.run)
        self._checkpoint: Mapping[str, Any] = claim.run.checkpoint
        self._version = claim.job.version
        self._config: Mapping[str, Any] = reveal(claim.job.stored)
        self._ended_by = ""

    @property
    def account(self) -> Account:
        """Whose job it is."""
        return self._claim.job.account

    @property
    def credentials(self) -> Credentials:
        """As they are now."""
        self._go_on()
        chosen = Authorization.objects.for_account(self.account)
        found: Authorization | None = chosen.filter(job=self._claim.job.pk).first()
        if found is None:
            return no_credentials(self.account.pk)
        return credentials_of(found)

    @property
    def config(self) -> Mapping[str, Any]:
        """The job's settings, secrets in place."""
        self._go_on()
        return self._config

    @property
    def checkpoint(self) -> Mapping[str, Any]:
        """What the last `save` kept."""
        self._go_on()
        return self._checkpoint

    def save(
        self,
        checkpoint: Mapping[str, Any],
        *,
        done: int | None = None,
        total: int | None = None,
        **counts: int,
    ) -> None:
        """End a step: see `lyticsapp.jobs.run`."""
        unknown = sorted(set(counts) - set(COUNTS))
        if unknown:
            raise TypeError(f"nothing is counted as {', '.join(unknown)}")
        changes: dict[str, Any] = {"checkpoint": dict(checkpoint)}
        changes |= {name: F(name) + more for name, more in counts.items() if more}
        changes |= {} if done is None else {"done": done}
        changes |= {} if total is None else {"total": total}
        if checkpoint != self._checkpoint:
            changes |= {"failures": 0, "failing_since": None, "error": ""}
        with transaction.atomic():
            standing = claims.renew(self._claim, **changes)
            if standing is not None:
                figures.add(self._claim.job, timezone.now(), counts)
        self._checkpoint = dict(checkpoint)
        self.take_notice(standing)
        self._go_on()
        if standing is not None and standing.version != self._version:
            self._read_settings()

    def log(
        self, message: str, *, level: LogLevel = LogLevel.INFO, **context: Any
    ) -> None:
        """Write a line into the job's log."""
        self._go_on()
        self._log.write(message, level, context)

    def take_notice(self, standing: Standing | None) -> None:
        """Have the next step be the last where the run is not to go on."""
        if standing is None:
            self._ended_by = "another worker has the run"
        elif standing.is_cancelled:
            self._ended_by = "the run was cancelled"
        elif standing.job_state is not JobState.RUNNING:
            self._ended_by = f"the job is {standing.job_state.label.lower()}"

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renew the lease until the block ends, whatever the workflow is at."""
        over = Event()
        beats = Thread(target=self._beat, args=(over,), name="lease", daemon=True)
        beats.start()
        try:
            yield
        finally:
            over.set()
            beats.join()
            self._log.end()

    def _beat(self, over: Event) -> None:
        try:
            while not over.wait(BEAT_S):
                try:
                    self.take_notice(claims.renew(self._claim))
                    if self._gives_way and self._others_wait():
                        self._ended_by = "other jobs wait for a worker"
                except Error as error:
                    log.warning("lease_not_renewed", reason=str(error))
                    connection.close()
        finally:
            connection.close()

    def _others_wait(self) -> bool:
        is_over = time.monotonic() - self._begun > SLICE_S
        return is_over and bool(claims.due(late=WAITED))

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise Interrupted("the worker is to stop")
        if self._ended_by:
            raise Interrupted(self._ended_by)

    def _read_settings(self) -> None:
        job = Job.objects.for_account(self.account).get(pk=self._claim.job.pk)
        self._version, self._config = job.version, reveal(job.stored)
