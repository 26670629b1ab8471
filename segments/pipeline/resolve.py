"""Whose event is it: from identities to profiles.

Identities are read without locks; what they point at is then locked in sorted
order. A profile disappears only when it is merged into another, so a stale read
shows itself as a missing profile, and the batch begins again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from psycopg import Cursor

from segments.pipeline.claim import ClaimedEvent

Key = tuple[str, str]

_FIND = """
SELECT i.field, i.value, i.profile_id
FROM unnest(%b::text[], %b::text[]) AS k (field, value)
JOIN profiles_identity i
  ON i.account_id = %s AND i.field = k.field AND i.value = k.value
"""
_NEW_IDS = "SELECT nextval('profiles_profile_id_seq') FROM generate_series(1, %s)"


@dataclass(slots=True)
class Person:
    """The identities that the batch's events tie together, and their profiles."""

    profile_ids: set[int] = field(default_factory=set)
    new_keys: list[Key] = field(default_factory=list)
    profile_id: int = 0
    """The profile that stays: the oldest of those found, else a new one."""
    is_new: bool = False

    @property
    def merged_ids(self) -> list[int]:
        """The profiles that are merged into the one that stays."""
        return sorted(self.profile_ids - {self.profile_id})


@dataclass(frozen=True, slots=True)
class Resolution:
    """The people of a batch, and which of them each event belongs to."""

    people: list[Person]
    of_event: dict[int, Person]
    """By event id; an event without identity belongs to nobody."""


def resolve(
    cursor: Cursor[Any], account_id: int, events: Iterable[ClaimedEvent]
) -> Resolution:
    """Find the people of these events; ids of new profiles are allocated."""
    named = [event for event in events if event.identities]
    groups = _Groups()
    for event in named:
        groups.tie(event.identities)
    stored = _find(cursor, account_id, groups.keys())
    _tie_by_profile(groups, stored)
    people: dict[Key, Person] = {}
    for key in sorted(groups.keys()):
        person = people.setdefault(groups.root(key), Person())
        if key in stored:
            person.profile_ids.add(stored[key])
        else:
            person.new_keys.append(key)
    _name_profiles(cursor, list(people.values()))
    of_event = {e.id: people[groups.root(e.identities[0])] for e in named}
    return Resolution(list(people.values()), of_event)


def _find(cursor: Cursor[Any], account_id: int, keys: Iterable[Key]) -> dict[Key, int]:
    keys = list(keys)
    cursor.execute(_FIND, ([k[0] for k in keys], [k[1] for k in keys], account_id))
    return {(name, value): profile for name, value, profile in cursor.fetchall()}


def _tie_by_profile(groups: _Groups, stored: dict[Key, int]) -> None:
    first_of: dict[int, Key] = {}
    for key, profile_id in stored.items():
        groups.tie([first_of.setdefault(profile_id, key), key])


def _name_profiles(cursor: Cursor[Any], people: list[Person]) -> None:
    new = [person for person in people if not person.profile_ids]
    if new:
        cursor.execute(_NEW_IDS, (len(new),))
        for person, (profile_id,) in zip(new, cursor.fetchall(), strict=True):
            person.profile_id, person.is_new = profile_id, True
    for person in people:
        if not person.is_new:
            person.profile_id = min(person.profile_ids)


class _Groups:
    """Disjoint sets of identities."""

    def __init__(self) -> None:
        self._parent: dict[Key, Key] = {}

    def keys(self) -> Iterable[Key]:
        return self._parent.keys()

    def root(self, key: Key) -> Key:
        parent = self._parent
        while parent[key] != key:
            parent[key] = key = parent[parent[key]]
        return key

    def tie(self, keys: list[Key]) -> None:
        for key in keys:
            self._parent.setdefault(key, key)
        first = self.root(keys[0])
        for key in keys[1:]:
            self._parent[self.root(key)] = first
