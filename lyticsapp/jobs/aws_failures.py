"""What the errors of AWS mean for a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from lyticsapp.authorizations.aws.failures import ABSENT, DENIED, REFUSED
from lyticsapp.jobs.errors import FatalError, RunError


@contextmanager
def told_of_run(attempt: str) -> Iterator[None]:
    """Have a run end that AWS does not let go on: for good where no waiting helps.

    `attempt` is what was tried, as it goes on after "could not". Raises RunError.
    """
    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        code, message = said.get("Code", ""), said.get("Message", "")
        if code in REFUSED:
            raise FatalError(f"It could not {attempt}: {REFUSED[code]}") from error
        kind = FatalError if code in DENIED | ABSENT else RunError
        raise kind(f"It could not {attempt}: {message} ({code})") from error
    except BotoCoreError as error:
        raise RunError(f"It could not {attempt}: {error}") from error
