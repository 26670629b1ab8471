"""What the pipeline tells of: who entered or left what, and to whom it is told.

The pipeline knows no subscriptions. It hands each batch of profile updates to a
`TriggerSink`, which writes messages in the same transaction; the composition
root binds the implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from psycopg import Cursor


@dataclass(frozen=True, slots=True)
class Transition:
    """A profile's step into or out of a segment."""

    segment_id: int
    event: Literal["enter", "exit"]
    entered_at: datetime
    exit_at: datetime | None
    """For an exit, when; for an enter, when the user will leave, if known."""


@dataclass(frozen=True, slots=True)
class ProfileUpdate:
    """What one batch did to a profile, as far as anyone may want to be told."""

    profile_id: int
    render: Callable[[], dict[str, Any]]
    """The profile's fields as a message shows them, made only when asked."""
    transitions: Sequence[Transition]
    cause: str
    member_before: frozenset[int]
    """Segments the profile was in before, those of merged profiles included."""
    member_after: frozenset[int]
    merged_ids: Sequence[int] = ()
    """Profiles that were merged into this one by this update."""
    changed: frozenset[str] = frozenset()
    """The fields that are watched and have another value now."""


class TriggerSink(Protocol):
    """Writes the messages of a batch, for one account."""

    def __init__(self, account_id: int, definition_version: int) -> None: ...

    def segments_listened_to(self) -> frozenset[int]:
        """Segments whose transitions anyone is told of."""

    def fields_watched(self) -> frozenset[str]:
        """Fields of whose changes anyone is told."""

    def backfilling_segments(self) -> frozenset[int]:
        """Segments some subscription is still being backfilled from."""

    def write(
        self, cursor: Cursor[Any], updates: Sequence[ProfileUpdate], at: datetime
    ) -> frozenset[int]:
        """Write the messages of these updates; the rows of all profiles are locked.

        Returns the subscriptions that have something to deliver, to be given to
        `notify` after the transaction has committed.
        """

    @staticmethod
    def notify(subscription_ids: frozenset[int]) -> None:
        """Hint the deliverers."""


_sink: type[TriggerSink] | None = None


def bind(sink: type[TriggerSink]) -> None:
    """Bind the sink; called once, by the composition root."""
    global _sink
    _sink = sink


def sink_for(account_id: int, definition_version: int) -> TriggerSink:
    """The bound sink for an account."""
    if _sink is None:
        raise RuntimeError("no trigger sink is bound; see lyticsapp.apps")
    return _sink(account_id, definition_version)
