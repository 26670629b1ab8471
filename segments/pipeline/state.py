"""A profile while a batch works on it: folding events, merging profiles.

A field's value is that of the newest event that set it, by (event time, event
id), so the order of arrival does not matter, and merging two profiles is the
same comparison field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from segments.profiles.fields import root_of
from segments.profiles.typed import Schema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ABSENT = object()


def instant(us: int) -> datetime:
    """The instant so many µs after 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=us)


class ProfileState:
    """A profile's fields and segments, as stored and as the batch has made them."""

    __slots__ = (
        "created_us",
        "entered_at",
        "fields",
        "id",
        "is_new",
        "members",
        "merged_ids",
        "modified_us",
        "new_keys",
        "stamps",
        "stored_members",
        "values",
    )

    def __init__(
        self,
        *,
        profile_id: int,
        is_new: bool,
        fields: dict[str, Any],
        stamps: dict[str, list[int]],
        members: frozenset[int],
        created_us: int,
        modified_us: int,
    ) -> None:
        self.id = profile_id
        self.is_new = is_new
        self.fields = fields
        self.stamps = stamps
        self.stored_members = members
        self.members = set(members)
        self.entered_at: dict[int, datetime] = {}
        self.created_us = created_us
        self.modified_us = modified_us
        self.new_keys: list[tuple[str, str]] = []
        self.merged_ids: list[int] = []
        self.values: dict[str, Any] = {}

    @classmethod
    def stored(cls, row: tuple[Any, ...]) -> ProfileState:
        """From a row: id, fields, stamps, segment ids, created and modified in µs."""
        profile_id, fields, stamps, members, created_us, modified_us = row
        return cls(
            profile_id=profile_id,
            is_new=False,
            fields=orjson.loads(fields),
            stamps=orjson.loads(stamps),
            members=frozenset(members),
            created_us=created_us,
            modified_us=modified_us,
        )

    @classmethod
    def new(cls, profile_id: int, event_us: int) -> ProfileState:
        """A profile that begins with an event of this time."""
        return cls(
            profile_id=profile_id,
            is_new=True,
            fields={},
            stamps={},
            members=frozenset(),
            created_us=event_us,
            modified_us=event_us,
        )

    @property
    def created_at(self) -> datetime:
        """The time of the profile's first event."""
        return instant(self.created_us)

    @property
    def modified_at(self) -> datetime:
        """The time of the profile's last event."""
        return instant(self.modified_us)

    def prepare(self, schema: Schema) -> None:
        """Give the values their types, for evaluation."""
        self.values = schema.typed(self.fields, self.created_at, self.modified_at)

    def fold(
        self, fields: Mapping[str, Any], event_us: int, event_id: int, schema: Schema
    ) -> set[str]:
        """Fold an event in; returns the names whose value changed, and their maps'."""
        changed = set()
        stamp = [event_us, event_id]
        for name, value in fields.items():
            if name not in self.stamps or self.stamps[name] < stamp:
                if not _same(self.fields.get(name, _ABSENT), value):
                    changed.add(name)
                self.fields[name] = value
                self.stamps[name] = stamp
        self._retype(schema, changed)
        self._stretch(event_us, event_us, changed)
        return changed

    def absorb(self, other: ProfileState, schema: Schema) -> None:
        """Merge another profile of the same user into this one."""
        changed = set()
        for name, stamp in other.stamps.items():
            if name not in self.stamps or self.stamps[name] < stamp:
                changed.add(name)
                self.fields[name] = other.fields[name]
                self.stamps[name] = stamp
        self._retype(schema, changed)
        self._stretch(other.created_us, other.modified_us, changed)
        self.members |= other.members
        self.stored_members |= other.stored_members
        self.merged_ids.append(other.id)

    def _retype(self, schema: Schema, changed: set[str]) -> None:
        schema.retype(self.values, self.fields, changed)
        changed.update([root for name in changed if (root := root_of(name))])

    def _stretch(self, first_us: int, last_us: int, changed: set[str]) -> None:
        if first_us < self.created_us or "_created" not in self.values:
            self.created_us = min(first_us, self.created_us)
            self.values["_created"] = self.created_at
            changed.add("_created")
        if last_us > self.modified_us or "_modified" not in self.values:
            self.modified_us = max(last_us, self.modified_us)
            self.values["_modified"] = self.modified_at
            changed.add("_modified")


def _same(first: Any, second: Any) -> bool:
    """Equal in value and type: 1, 1.0 and true are three different values."""
    if type(first) is not type(second):
        return False
    if type(first) is list:
        return len(first) == len(second) and all(map(_same, first, second))
    return bool(first == second)
