"""What a profile is in while it is evaluated, and when that changes by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from segments.filterql import Answers
from segments.profiles.instants import microseconds
from segments.profiles.models import FieldType
from segments.profiles.typed import Schema

Types = Mapping[str, FieldType]

NO_DUES = b"[]"


class Place(ABC):
    """A profile's segments and due times, as stored and as the evaluation makes them.

    With the answers of its conditions, that is all an evaluation needs.
    """

    __slots__ = (
        "answers",
        "due_us",
        "dues",
        "entered_at",
        "id",
        "members",
        "stored_members",
    )

    answers: Answers

    def __init__(
        self,
        profile_id: int,
        members: frozenset[int],
        dues: dict[int, int],
        due_us: int | None,
    ) -> None:
        self.id = profile_id
        self.stored_members = members
        self.members = set(members)
        self.entered_at: dict[int, datetime] = {}
        self.dues = dues
        self.due_us = due_us

    @abstractmethod
    def prepare(self, schema: Schema, now: datetime) -> None:
        """Ready the answers for evaluation at this instant."""

    @abstractmethod
    def rendering(self, types: Types) -> Callable[[], dict[str, Any]]:
        """What shows the profile's fields as they are now, whenever it is asked."""

    def set_due(self, segment_id: int, change: datetime | None) -> None:
        """Note when a segment's answer changes if nothing but time passes."""
        if change is not None:
            self.dues[segment_id] = microseconds(change)
        elif segment_id in self.dues:
            del self.dues[segment_id]

    def overdue(self, now_us: int) -> list[int]:
        """The segments whose answer has changed already by the passing of time."""
        if self.due_us is None or self.due_us > now_us:
            return []
        return sorted(segment for segment, us in self.dues.items() if us <= now_us)

    def due_to_store(self, now_us: int) -> int | None:
        """What is to wake the sweep: no later than the soonest due time.

        An earlier one that is stored is left there until it has passed, so that a
        profile whose due time moves away with every event costs no index entry.
        """
        soonest = min(self.dues.values(), default=None)
        stored = self.due_us
        if soonest is None or stored is None or not now_us < stored <= soonest:
            return soonest
        return stored

    def members_to_store(self) -> str | None:
        """The segments it is in, as PostgreSQL reads an array; None if as stored."""
        if self.members == self.stored_members:
            return None
        return array_of(sorted(self.members))


def array_of(ids: Iterable[int]) -> str:
    """Whole numbers as PostgreSQL reads an array."""
    return "{" + ",".join(map(str, ids)) + "}"


def read_dues(stored: bytes) -> dict[int, int]:
    """Due times from the profile's column, by segment."""
    if stored == NO_DUES:
        return {}
    pairs = orjson.loads(stored)
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


def write_dues(dues: Mapping[int, int]) -> bytes:
    """Due times as the profile's column holds them."""
    if not dues:
        return NO_DUES
    return orjson.dumps([part for pair in dues.items() for part in pair])
