"""What can go wrong with jobs; each message is what people see.

JobError
├── TransitionError       a state cannot follow the one the job is in (409)
├── UnknownWorkflowError  there is no such workflow (404)
└── ChoicesError          what could be chosen could not be found
"""

from __future__ import annotations

from collections.abc import Iterable

from lyticsapp.jobs.models import JobState


class JobError(Exception):
    """Something is wrong with the job."""


class TransitionError(JobError):
    """A job cannot go from the state it is in to the one wanted."""

    def __init__(self, before: JobState, wanted: JobState) -> None:
        super().__init__(
            f"A job that is {before.label.lower()} cannot be {wanted.label.lower()}."
        )
        self.before = before
        self.wanted = wanted


class UnknownWorkflowError(JobError):
    """There is no workflow of this key."""

    def __init__(self, key: str, known: Iterable[str]) -> None:
        super().__init__(
            f"There is no workflow {key!r}. Choose one of: {', '.join(known)}."
        )


class ChoicesError(JobError):
    """The values to choose from could not be found; the text says what to do."""
