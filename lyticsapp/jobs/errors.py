"""What can go wrong with jobs; each message is what people see.

JobError
└── TransitionError
"""

from __future__ import annotations

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
