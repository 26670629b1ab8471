"""A run of a job as the code of its workflow sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.jobs.models import LogLevel


class Interrupted(BaseException):
    """The run is to end in order; like KeyboardInterrupt it is no error.

    So an `except Exception` does not swallow it.
    """


class Run(Protocol):
    """What a workflow is given to work with; every method may raise Interrupted.

    Interrupted ends the run in order when the job was paused, deleted or cancelled,
    or the worker is to stop: a workflow lets it pass.
    """

    @property
    def account(self) -> Account: ...

    @property
    def credentials(self) -> Credentials:
        """As they are now: a changed secret counts from the next look on.

        Raises DecryptionError.
        """

    @property
    def config(self) -> Mapping[str, Any]:
        """The job's settings, secrets in place, as edited by the last `save`."""

    @property
    def checkpoint(self) -> Mapping[str, Any]:
        """What the last `save` kept, of this run or, where it is the first, the one before."""

    def save(
        self,
        checkpoint: Mapping[str, Any],
        *,
        done: int | None = None,
        total: int | None = None,
        **counts: int,
    ) -> None:
        """End a step: keep how far it came, and add to the counts.

        The counts are read, added, changed, skipped, failed and bytes. Inside a
        transaction of the workflow's own, all of it is committed together.
        """

    def log(
        self, message: str, *, level: LogLevel = LogLevel.INFO, **context: Any
    ) -> None:
        """Write a line into the job's log; `context` holds no secret."""
