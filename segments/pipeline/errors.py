"""Errors of the pipeline.

PipelineError
├── StaleReadError      begin the batch again
├── ContentionError     gave up beginning again; the sweep will come back
├── UnappliedError      what the events hold made the batch fail
└── LimitError          an event asks for more than may be kept
    ├── ProfileTooLargeError
    └── TooManyFieldsError
"""

from __future__ import annotations

from collections.abc import Sequence


class PipelineError(Exception):
    """Something the pipeline could not do; the docstring is the message."""

    def __str__(self) -> str:
        return " ".join((self.__doc__ or "").split())


class StaleReadError(PipelineError):
    """Another batch merged or created one of this batch's profiles meanwhile."""


class ContentionError(PipelineError):
    """A batch was begun again too often; its events stay pending."""


class UnappliedError(PipelineError):
    """A batch failed over what its events hold, or what they meet."""

    def __init__(self, event_ids: Sequence[int]) -> None:
        super().__init__(event_ids)
        self.event_ids = event_ids


class LimitError(PipelineError):
    """An event asks for more than may be kept."""


class ProfileTooLargeError(LimitError):
    """The profile would take more than 2,000,000 bytes."""


class TooManyFieldsError(LimitError):
    """The account's profiles would have more than 10,000 different fields."""
