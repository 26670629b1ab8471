"""A profile while a batch works on it: its fields, its answers, its due times.

A field's value is that of the newest event that set it, by (event time, event
id), so the order of arrival does not matter, and merging two profiles is the
same comparison field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from segments.filterql import Answers
from segments.pipeline.place import Place, Types, array_of, read_dues
from segments.profiles.fields import root_of
from segments.profiles.instants import instant
from segments.profiles.render import render
from segments.profiles.typed import Schema

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Update:
    """What an event, or a merged profile, brings to a profile."""

    fields: dict[str, Any]
    """The values that are newer than the known ones."""
    stamps: dict[str, list[int]]
    """The event each of them came from."""
    first_us: int
    last_us: int
    changed: set[str]
    """The names whose value becomes another, and those of their maps."""


class ProfileState(Place):
    """A profile's fields and segments, as stored and as the batch has made them."""

    __slots__ = (
        "_stamps",
        "created_us",
        "doubles",
        "fields",
        "is_new",
        "merged_ids",
        "modified_us",
        "new_keys",
        "stored_stamps",
        "values",
    )

    def __init__(
        self,
        *,
        profile_id: int,
        is_new: bool,
        fields: dict[str, Any],
        stamps: bytes,
        members: frozenset[int],
        created_us: int,
        modified_us: int,
        dues: dict[int, int] | None = None,
        due_us: int | None = None,
    ) -> None:
        super().__init__(profile_id, members, {} if dues is None else dues, due_us)
        self.is_new = is_new
        self.fields = fields
        self.stored_stamps = stamps
        self._stamps: dict[str, list[int]] | None = None
        self.created_us = created_us
        self.modified_us = modified_us
        self.new_keys: list[tuple[str, str]] = []
        self.merged_ids: list[int] = []
        self.doubles: list[int] = []
        """Segments that more than one of the merged profiles was in, for each of them."""
        self.values: dict[str, Any] = {}

    @classmethod
    def stored(cls, row: tuple[Any, ...]) -> ProfileState:
        """From a row of `load.COLUMNS`."""
        profile_id, fields, stamps, members, created_us, modified_us, dues, due_us = row
        return cls(
            profile_id=profile_id,
            is_new=False,
            fields=orjson.loads(fields),
            stamps=stamps,
            members=frozenset(members),
            created_us=created_us,
            modified_us=modified_us,
            dues=read_dues(dues),
            due_us=due_us,
        )

    @classmethod
    def new(cls, profile_id: int, event_us: int) -> ProfileState:
        """A profile that begins with an event of this time."""
        return cls(
            profile_id=profile_id,
            is_new=True,
            fields={},
            stamps=b"{}",
            members=frozenset(),
            created_us=event_us,
            modified_us=event_us,
        )

    @property
    def stamps(self) -> dict[str, list[int]]:
        """For each field, the event its value came from; read when first asked for."""
        if self._stamps is None:
            self._stamps = orjson.loads(self.stored_stamps)
        return self._stamps

    @property
    def created_at(self) -> datetime:
        """The time of the profile's first event."""
        return instant(self.created_us)

    @property
    def modified_at(self) -> datetime:
        """The time of the profile's last event."""
        return instant(self.modified_us)

    def prepare(self, schema: Schema, now: datetime) -> None:
        """Give the values their types, for evaluation at this instant.

        A new profile has no values before its first event, not even its times.
        """
        if not self.is_new:
            self.values = schema.typed(self.fields, self.created_at, self.modified_at)
        self.answers = Answers(self.values, now)

    def update_by(
        self, fields: Mapping[str, Any], event_us: int, event_id: int
    ) -> Update:
        """What an event of this time and id brings."""
        stamp = [event_us, event_id]
        stamps = self.stamps
        newer = {
            name: value
            for name, value in fields.items()
            if name not in stamps or stamps[name] < stamp
        }
        return self._update(newer, dict.fromkeys(newer, stamp), event_us, event_us)

    def update_by_merging(self, other: ProfileState) -> Update:
        """What another profile of the same user brings."""
        newer = {
            name: stamp
            for name, stamp in other.stamps.items()
            if name not in self.stamps or self.stamps[name] < stamp
        }
        fields = {name: other.fields[name] for name in newer}
        return self._update(fields, newer, other.created_us, other.modified_us)

    def take(self, update: Update, schema: Schema) -> None:
        """Make the profile what the update makes it; its answers stay as they were."""
        self.fields.update(update.fields)
        self.stamps.update(update.stamps)
        schema.retype(self.values, self.fields, update.changed & update.fields.keys())
        if "_created" in update.changed:
            self.created_us = min(self.created_us, update.first_us)
            self.values["_created"] = self.created_at
        if "_modified" in update.changed:
            self.modified_us = max(self.modified_us, update.last_us)
            self.values["_modified"] = self.modified_at

    def absorb(self, other: ProfileState) -> None:
        """Count another profile as merged into this one, with the segments it is in."""
        self.doubles.extend(self.stored_members & other.stored_members)
        self.members |= other.members
        self.stored_members |= other.stored_members
        self.merged_ids.append(other.id)

    def members_to_store(self) -> str | None:
        """As of any place; whatever is new or merged is not as stored."""
        if self.is_new or self.merged_ids:
            return array_of(sorted(self.members))
        return super().members_to_store()

    def rendering(self, types: Types) -> Callable[[], dict[str, Any]]:
        """What shows the profile as it is now, whenever it is asked."""
        return partial(
            render, dict(self.fields), types, self.created_at, self.modified_at
        )

    def _update(
        self,
        fields: dict[str, Any],
        stamps: dict[str, list[int]],
        first_us: int,
        last_us: int,
    ) -> Update:
        known = self.fields
        changed = {
            name
            for name, value in fields.items()
            if not _same(known.get(name, _ABSENT), value)
        }
        changed.update([root for name in changed if (root := root_of(name))])
        if first_us < self.created_us or "_created" not in self.values:
            changed.add("_created")
        if last_us > self.modified_us or "_modified" not in self.values:
            changed.add("_modified")
        return Update(fields, stamps, first_us, last_us, changed)


def _same(first: Any, second: Any) -> bool:
    """Equal in value and type: 1, 1.0 and true are three different values."""
    if type(first) is not type(second):
        return False
    if type(first) is list:
        return len(first) == len(second) and all(map(_same, first, second))
    return bool(first == second)
