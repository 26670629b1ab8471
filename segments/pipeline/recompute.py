"""Walking a new or changed segment over all profiles, a chunk a transaction.

A walk has parts, and each part a cursor: as many workers as there are walk it at
once, and a killed one's part goes on at its cursor.

A filter that does not look at the clock leaves most profiles as they are, so they
are read without locks, and only those it would move are locked and looked at again.
That is enough: an event that comes between evaluates what it changes by the same
definition, as the walk has begun when the old one was gone. A filter that looks at
the clock gives each profile a due time, so all of them are locked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from django.db import transaction
from psycopg import Cursor

from segments.definitions import lock
from segments.definitions.catalog import Catalog, CompiledSegment, catalog
from segments.filterql import Answers
from segments.pipeline import triggers
from segments.pipeline.batch import begin_again_when_stale, raw_cursor
from segments.pipeline.evaluate import Evaluator, Step
from segments.pipeline.walked import WalkedPlace, lock_places
from segments.pipeline.write import (
    profile_updates,
    write_memberships,
    write_places,
)
from segments.profiles.glance import Glance

CHUNK_PROFILES = 2000

_WALK = """
SELECT id, silent, cause, total IS NULL FROM definitions_recompute
WHERE account_id = %s AND segment_id = %s
"""
_LOCK_PART = """
SELECT id, cursor, last_profile_id FROM definitions_recomputepart
WHERE recompute_id = %s AND cursor < last_profile_id
ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_UNFINISHED = """
SELECT 1 FROM definitions_recomputepart
WHERE recompute_id = %s AND cursor < last_profile_id LIMIT 1
"""
_COUNT = """
UPDATE definitions_recompute SET total =
    (SELECT count(*) FROM profiles_profile WHERE account_id = %s)
WHERE id = %s AND total IS NULL
"""
_READ = """
SELECT id, %s = ANY(segment_ids), {columns} FROM profiles_profile
WHERE account_id = %s AND id > %s AND id <= %s ORDER BY id LIMIT %s
"""
_LOCK_CHUNK = """
SELECT {columns} FROM profiles_profile
WHERE account_id = %s AND id > %s AND id <= %s
ORDER BY id LIMIT %s FOR NO KEY UPDATE
"""
_LOCK_FOUND = """
SELECT {columns} FROM profiles_profile
WHERE account_id = %s AND id = ANY(%b) ORDER BY id FOR NO KEY UPDATE
"""
_ADVANCE = """
UPDATE definitions_recomputepart SET cursor = %s, done = done + %s WHERE id = %s
"""
_END = "DELETE FROM definitions_recompute WHERE id = %s"
_END_PARTS = "DELETE FROM definitions_recomputepart WHERE recompute_id = %s"


class Walk(Enum):
    """What became of a chunk."""

    MORE = "more"
    BUSY = "busy"
    """Others have what is left of it, or there is no such walk."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class _Walk:
    id: int
    silent: bool
    cause: str
    uncounted: bool


@dataclass(frozen=True, slots=True)
class _Part:
    id: int
    cursor: int
    last_profile_id: int


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Profiles of a part that were looked at, and those that are to be evaluated."""

    read: int
    last_profile_id: int
    places: list[WalkedPlace]


def walk(account_id: int, segment_id: int) -> Walk:
    """Evaluate the next chunk of profiles; raises ContentionError."""
    return begin_again_when_stale(lambda: _step(account_id, segment_id))


def _step(account_id: int, segment_id: int) -> Walk:
    with transaction.atomic(), raw_cursor() as cursor:
        version = lock.shared(cursor, account_id)
        under_way = _under_way(cursor, account_id, segment_id)
        if under_way is None:
            return Walk.BUSY
        part = _next_part(cursor, under_way)
        if part is not None:
            if under_way.uncounted:
                cursor.execute(_COUNT, (account_id, under_way.id))
            definitions = catalog(account_id, version)
            segment = definitions.segments[segment_id]
            chunk = _next_chunk(cursor, account_id, definitions, segment, part)
            sink = triggers.sink_for(account_id, version)
            tell = _evaluate(
                cursor, account_id, definitions, segment, chunk.places, under_way, sink
            )
            cursor.execute(_ADVANCE, (chunk.last_profile_id, chunk.read, part.id))
    if part is None:
        return _end(account_id, segment_id)
    tell()
    return Walk.MORE


def _evaluate(
    cursor: Cursor[Any],
    account_id: int,
    definitions: Catalog,
    segment: CompiledSegment,
    places: list[WalkedPlace],
    under_way: _Walk,
    sink: triggers.TriggerSink,
) -> Callable[[], None]:
    now = datetime.now(UTC)
    evaluator = Evaluator(definitions, now)
    steps: list[Step] = []
    for place in places:
        evaluator.prepare(place)
        step = evaluator.step(place, (segment,), under_way.cause)
        if step is not None:
            steps.append(step)
    heard = frozenset() if under_way.silent else sink.segments_listened_to()
    moved = [step.place for step in steps]
    since = write_memberships(
        cursor, account_id, moved, now, heard=heard, silent=under_way.silent
    )
    write_places(cursor, places, now)
    told = sink.write(cursor, profile_updates(steps, since, now, heard=heard), now)
    return lambda: sink.notify(told)


def _next_chunk(
    cursor: Cursor[Any],
    account_id: int,
    definitions: Catalog,
    segment: CompiledSegment,
    part: _Part,
) -> _Chunk:
    ids = (account_id, part.cursor, part.last_profile_id, CHUNK_PROFILES)
    glance = Glance(definitions.schema_for(segment.fields), segment.fields)
    if segment.filter.uses_now:
        places = lock_places(cursor, _LOCK_CHUNK, ids, glance)
        last = places[-1].id if len(places) == CHUNK_PROFILES else part.last_profile_id
        return _Chunk(len(places), last, places)
    cursor.execute(
        _READ.format(columns=glance.columns), (segment.id, *glance.parameters, *ids)
    )
    rows = cursor.fetchall()
    last = rows[-1][0] if len(rows) == CHUNK_PROFILES else part.last_profile_id
    moving = list(_moving(segment, glance, rows))
    if not moving:
        return _Chunk(len(rows), last, [])
    places = lock_places(cursor, _LOCK_FOUND, (account_id, moving), glance)
    return _Chunk(len(rows), last, places)


def _moving(
    segment: CompiledSegment, glance: Glance, rows: list[tuple[Any, ...]]
) -> Iterator[int]:
    """The profiles whose place in the segment is not what its filter says."""
    now = datetime.now(UTC)
    matches = segment.filter.matches
    for profile_id, is_member, *columns in rows:
        if matches(Answers(glance.values(columns), now)) is not is_member:
            yield profile_id


def _under_way(cursor: Cursor[Any], account_id: int, segment_id: int) -> _Walk | None:
    cursor.execute(_WALK, (account_id, segment_id))
    row = cursor.fetchone()
    return _Walk(*row) if row else None


def _next_part(cursor: Cursor[Any], under_way: _Walk) -> _Part | None:
    cursor.execute(_LOCK_PART, (under_way.id,))
    row = cursor.fetchone()
    return _Part(*row) if row else None


def _end(account_id: int, segment_id: int) -> Walk:
    """End the walk once no part is left, and let caches and backfills know."""
    with transaction.atomic(), raw_cursor() as cursor:
        under_way = _under_way(cursor, account_id, segment_id)
        if under_way is None or _has_parts_left(cursor, under_way):
            return Walk.BUSY
    with lock.exclusive(account_id), raw_cursor() as cursor:
        under_way = _under_way(cursor, account_id, segment_id)
        if under_way is None or _has_parts_left(cursor, under_way):
            return Walk.BUSY
        cursor.execute(_END_PARTS, (under_way.id,))
        cursor.execute(_END, (under_way.id,))
        return Walk.ENDED


def _has_parts_left(cursor: Cursor[Any], under_way: _Walk) -> bool:
    cursor.execute(_UNFINISHED, (under_way.id,))
    return cursor.fetchone() is not None
