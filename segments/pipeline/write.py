"""Writing what a batch or a walk has made of profiles, with set-based SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from psycopg import Cursor

from segments.membership import movements
from segments.pipeline.errors import ProfileTooLargeError, StaleReadError
from segments.pipeline.evaluate import Move, Step
from segments.pipeline.place import Place, array_of, write_dues
from segments.pipeline.state import ProfileState
from segments.pipeline.triggers import ProfileUpdate, Transition
from segments.profiles.instants import instant, microseconds

MAX_PROFILE_BYTES = 2_000_000  # twice the largest record

Since = dict[tuple[int, int], datetime]
"""Since when a profile has been in a segment, by their ids."""

_INSERT_PROFILES = """
INSERT INTO profiles_profile
       (id, account_id, fields, stamps, segment_ids, created_at, modified_at,
        dues, due_at)
SELECT id, %s, fields::jsonb, stamps, segment_ids::int[], created_at, modified_at,
       dues, due_at
FROM unnest(%b::bigint[], %b::text[], %b::bytea[], %b::text[], %b::timestamptz[],
            %b::timestamptz[], %b::bytea[], %b::timestamptz[])
  AS d (id, fields, stamps, segment_ids, created_at, modified_at, dues, due_at)
"""
_UPDATE_PROFILES = """
UPDATE profiles_profile p
SET fields = d.fields::jsonb, stamps = d.stamps,
    segment_ids = coalesce(d.segment_ids::int[], p.segment_ids),
    created_at = d.created_at, modified_at = d.modified_at,
    dues = d.dues, due_at = d.due_at
FROM unnest(%b::bigint[], %b::text[], %b::bytea[], %b::text[], %b::timestamptz[],
            %b::timestamptz[], %b::bytea[], %b::timestamptz[])
  AS d (id, fields, stamps, segment_ids, created_at, modified_at, dues, due_at)
WHERE p.id = d.id
"""
_UPDATE_PLACES = """
UPDATE profiles_profile p
SET segment_ids = coalesce(d.segment_ids::int[], p.segment_ids), dues = d.dues, due_at = d.due_at
FROM unnest(%s::bigint[], %b::text[], %b::bytea[], %b::timestamptz[])
  AS d (id, segment_ids, dues, due_at)
WHERE p.id = d.id
"""
_INSERT_IDENTITIES = """
INSERT INTO profiles_identity (account_id, field, value, profile_id)
SELECT %s, field, value, profile_id
FROM unnest(%b::text[], %b::text[], %b::bigint[]) AS d (field, value, profile_id)
ORDER BY field, value
ON CONFLICT DO NOTHING
"""
_RELINK_IDENTITIES = """
UPDATE profiles_identity i SET profile_id = d.survivor
FROM unnest(%b::bigint[], %b::bigint[]) AS d (merged, survivor)
WHERE i.profile_id = d.merged
"""
_MOVE_MEMBERSHIPS = """
INSERT INTO membership_membership AS m
       (account_id, segment_id, profile_id, entered_at, left_at)
SELECT %s, m.segment_id, d.survivor, min(m.entered_at), NULL
FROM unnest(%b::bigint[], %b::bigint[]) AS d (merged, survivor)
JOIN membership_membership m ON m.profile_id = d.merged AND m.left_at IS NULL
GROUP BY d.survivor, m.segment_id
ON CONFLICT (profile_id, segment_id) DO UPDATE
SET entered_at = CASE WHEN m.left_at IS NULL
                      THEN least(m.entered_at, excluded.entered_at)
                      ELSE excluded.entered_at END,
    left_at = NULL
"""
_DELETE_MEMBERSHIPS = "DELETE FROM membership_membership WHERE profile_id = ANY(%b)"
_DELETE_PROFILES = "DELETE FROM profiles_profile WHERE id = ANY(%b)"
_ENTERED_AT = """
SELECT m.profile_id, m.segment_id, m.entered_at
FROM unnest(%s::bigint[], %s::int[]) AS d (profile_id, segment_id)
JOIN membership_membership m USING (profile_id, segment_id)
"""
_ENTER = """
INSERT INTO membership_membership
       (account_id, segment_id, profile_id, entered_at, left_at)
SELECT %s, segment_id, profile_id, entered_at, NULL
FROM unnest(%b::bigint[], %b::int[], %b::timestamptz[])
  AS d (profile_id, segment_id, entered_at)
ON CONFLICT (profile_id, segment_id) DO UPDATE
SET entered_at = excluded.entered_at, left_at = NULL
"""
_LEAVE = """
UPDATE membership_membership m SET left_at = %s
FROM unnest(%s::bigint[], %s::int[]) AS d (profile_id, segment_id)
WHERE m.profile_id = d.profile_id AND m.segment_id = d.segment_id
"""
_SINCE = "RETURNING m.profile_id, m.segment_id, m.entered_at"


def write_profiles(
    cursor: Cursor[Any],
    account_id: int,
    states: Sequence[ProfileState],
    now: datetime,
) -> None:
    """Insert new profiles with their identities, update the others, drop merged ones.

    Raises StaleReadError where another batch has created one of the identities, and
    ProfileTooLargeError.
    """
    new = [state for state in states if state.is_new]
    if new:
        cursor.execute(_INSERT_PROFILES, (account_id, *_columns(new, now)))
    known = [state for state in states if not state.is_new]
    if known:
        cursor.execute(_UPDATE_PROFILES, _columns(known, now))
    keys = [(*key, state.id) for state in states for key in state.new_keys]
    if keys:
        cursor.execute(
            _INSERT_IDENTITIES, (account_id, *map(list, zip(*keys, strict=True)))
        )
        if cursor.rowcount < len(keys):
            raise StaleReadError
    merged = [(merged, state.id) for state in states for merged in state.merged_ids]
    if merged:
        _drop_merged(cursor, account_id, merged)
        doubles = Counter(double for state in states for double in state.doubles)
        gone = [(segment_id, 0, count) for segment_id, count in doubles.items()]
        movements.record(cursor, account_id, gone, now, silent=True)


def write_places(cursor: Cursor[Any], places: Sequence[Place], now: datetime) -> None:
    """Update only what profiles are in and when that changes, not their fields."""
    if places:
        ids = array_of(place.id for place in places)
        members = [place.members_to_store() for place in places]
        cursor.execute(_UPDATE_PLACES, (ids, members, *_due_columns(places, now)))


def write_memberships(
    cursor: Cursor[Any],
    account_id: int,
    places: Iterable[Place],
    now: datetime,
    *,
    heard: frozenset[int],
    silent: bool = False,
) -> Since:
    """Record who entered and left; returns since when those who left had been in.

    That is told of the segments that are heard of. How many moved is written down,
    too, as told of or not.
    """
    moved = _Moved(now)
    for place in places:
        moved.add(place)
    since: Since = {}
    if again := [pair for pair in moved.again if pair[1] in heard]:
        cursor.execute(_ENTERED_AT, _pairs(again))
        since = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
    since |= _leave(cursor, moved.left, now, heard)
    if moved.entered:
        columns = map(list, zip(*moved.entered, strict=True))
        cursor.execute(_ENTER, (account_id, *columns))
    movements.record(cursor, account_id, moved.counts(), now, silent=silent)
    return since


class _Moved:
    """Who is to be recorded as entered and left, and how many that are."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.entered: list[tuple[int, int, datetime]] = []
        self.left: list[tuple[int, int]] = []
        self.again: list[tuple[int, int]] = []
        """Those who left and entered anew."""
        self._grown: Counter[int] = Counter()
        self._shrunk: Counter[int] = Counter()

    def add(self, place: Place) -> None:
        stored, members, entered_at = (
            place.stored_members,
            place.members,
            place.entered_at,
        )
        for segment_id in members - stored:
            when = entered_at.get(segment_id, self._now)
            self.entered.append((place.id, segment_id, when))
            self._grown[segment_id] += 1
        for segment_id in members & stored & entered_at.keys():
            self.entered.append((place.id, segment_id, entered_at[segment_id]))
            self.again.append((place.id, segment_id))
        for segment_id in stored - members:
            self.left.append((place.id, segment_id))
            self._shrunk[segment_id] += 1

    def counts(self) -> list[movements.Moved]:
        ids = self._grown.keys() | self._shrunk.keys()
        return [(each, self._grown[each], self._shrunk[each]) for each in ids]


def _leave(
    cursor: Cursor[Any],
    left: Sequence[tuple[int, int]],
    now: datetime,
    heard: frozenset[int],
) -> Since:
    unheard = [pair for pair in left if pair[1] not in heard]
    if unheard:
        cursor.execute(_LEAVE, (now, *_pairs(unheard)))
    if len(unheard) == len(left):
        return {}
    told = [pair for pair in left if pair[1] in heard]
    cursor.execute(_LEAVE + _SINCE, (now, *_pairs(told)))
    return {(row[0], row[1]): row[2] for row in cursor.fetchall()}


def profile_updates(
    steps: Iterable[Step], since: Since, now: datetime, *, heard: frozenset[int]
) -> list[ProfileUpdate]:
    """The steps that somebody hears of, as the trigger sink takes them."""
    updates = []
    for step in steps:
        moves = [move for move in step.moves if move.segment_id in heard]
        if moves or step.merged_ids or step.changed:
            updates.append(
                ProfileUpdate(
                    profile_id=step.place.id,
                    render=step.render,
                    transitions=[_transition(step, move, since, now) for move in moves],
                    cause=step.cause,
                    member_before=step.before,
                    member_after=step.after,
                    merged_ids=step.merged_ids,
                    changed=step.changed,
                )
            )
    return updates


def _transition(
    step: Step,
    move: Move,
    since: Since,
    now: datetime,
) -> Transition:
    segment_id, event, until = move
    if event == "enter":
        return Transition(segment_id, "enter", now, until)
    entered_at = since.get((step.place.id, segment_id), now)
    return Transition(segment_id, "exit", entered_at, now)


def _drop_merged(
    cursor: Cursor[Any], account_id: int, merged: list[tuple[int, int]]
) -> None:
    ids, survivors = map(list, zip(*merged, strict=True))
    cursor.execute(_RELINK_IDENTITIES, (ids, survivors))
    cursor.execute(_MOVE_MEMBERSHIPS, (account_id, ids, survivors))
    cursor.execute(_DELETE_MEMBERSHIPS, (ids,))
    cursor.execute(_DELETE_PROFILES, (ids,))


def _columns(states: Sequence[ProfileState], now: datetime) -> tuple[list[Any], ...]:
    made: tuple[Callable[[ProfileState], Any], ...] = (
        lambda state: state.id,
        lambda state: _fields(state).decode(),
        lambda state: orjson.dumps(state.stamps),
        lambda state: state.members_to_store(),
        lambda state: state.created_at,
        lambda state: state.modified_at,
    )
    columns = ([make(state) for state in states] for make in made)
    return (*columns, *_due_columns(states, now))


def _due_columns(
    places: Sequence[Place], now: datetime
) -> tuple[list[bytes], list[datetime | None]]:
    now_us = microseconds(now)
    due = [place.due_to_store(now_us) for place in places]
    return (
        [write_dues(place.dues) for place in places],
        [None if us is None else instant(us) for us in due],
    )


def _fields(state: ProfileState) -> bytes:
    text = orjson.dumps(state.fields)
    if len(text) > MAX_PROFILE_BYTES:
        raise ProfileTooLargeError
    return text


def _pairs(pairs: Iterable[tuple[int, int]]) -> tuple[str, str]:
    ordered = sorted(pairs)
    return array_of(pair[0] for pair in ordered), array_of(pair[1] for pair in ordered)
