"""The log of a job: what happened to it, for the people who watch it.

A run may write a hundred lines at once, and then ten a minute: a file with a million
bad rows does not leave a million lines. How many were left out is written down.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from lyticsapp.accounts.audit import Actor
from lyticsapp.jobs.models import Job, JobLog, JobRun, LogLevel
from lyticsapp.masking import without_secrets

LINES_AT_ONCE = 100
LINES_A_MINUTE = 10
LONGEST_MESSAGE = 2_000


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
        message=without_secrets(message)[:LONGEST_MESSAGE],
        context=dict(context or {}),
    )


def who(actor: Actor) -> dict[str, str]:
    """Who did it, as a line's context shows it."""
    if actor.user is not None:
        return {"user_email": actor.user.email}
    return {"token": actor.token.name} if actor.token is not None else {}


class RunLog:
    """What a run writes, with the lines left out that are too many."""

    def __init__(self, job: Job, run: JobRun) -> None:
        self._job = job
        self._run = run
        self._left = float(LINES_AT_ONCE)
        self._at = time.monotonic()
        self._left_out = 0

    def write(self, message: str, level: LogLevel, context: Mapping[str, Any]) -> None:
        """Add a line, unless there were too many before it."""
        now = time.monotonic()
        earned = (now - self._at) * LINES_A_MINUTE / 60
        self._left, self._at = min(self._left + earned, LINES_AT_ONCE), now
        if self._left < 1:
            self._left_out += 1
            return
        self._left -= 1
        self.end()
        write(self._job, message, level=level, run=self._run, context=context)

    def end(self) -> None:
        """Say how many lines were left out, where some were."""
        if self._left_out:
            text = f"{self._left_out:,} further lines were left out here."
            self._left_out = 0
            write(self._job, text, level=LogLevel.WARNING, run=self._run)
