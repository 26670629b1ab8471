"""What can go wrong with jobs; each message is what people see.

JobError
├── TransitionError       a state cannot follow the one the job is in (409)
├── EditConflictError     somebody else has changed the job meanwhile (409)
├── NoOpenRunError        there is no run to cancel (409)
├── UnknownWorkflowError  there is no such workflow (404)
├── UnknownJobError       there is no such job in the account (404)
├── ChoicesError          what could be chosen could not be found
└── RunError              a run cannot go on; it is tried again
    └── FatalError        no waiting will help: somebody has to mend something
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


class EditConflictError(JobError):
    """Somebody else has changed the job since you opened it."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else has changed this job since you opened it. Look at what it "
            "is now, and make your change again."
        )


class NoOpenRunError(JobError):
    """No run of the job is under way."""

    def __init__(self) -> None:
        super().__init__("No run of this job is under way, so there is none to cancel.")


class UnknownWorkflowError(JobError):
    """There is no workflow of this key."""

    def __init__(self, key: str, known: Iterable[str]) -> None:
        super().__init__(
            f"There is no workflow {key!r}. Choose one of: {', '.join(known)}."
        )


class UnknownJobError(JobError):
    """No job of this account has the id."""


class ChoicesError(JobError):
    """The values to choose from could not be found; the text says what to do."""


class RunError(JobError):
    """A run cannot go on, which may be over later; the text says why."""


class FatalError(RunError):
    """A run cannot succeed until somebody mends something; the text says what."""
