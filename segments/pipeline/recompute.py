"""Walking a new or changed segment over all profiles, a chunk a transaction.

Each chunk locks its profiles, so it and the events that race with it agree: what
the walk has not reached is evaluated by the walk, what it has reached by events.
A killed walk goes on at its cursor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from django.db import transaction
from psycopg import Cursor

from segments.definitions import lock
from segments.definitions.catalog import catalog
from segments.pipeline import triggers
from segments.pipeline.batch import begin_again_when_stale, raw_cursor
from segments.pipeline.evaluate import Evaluator, Step
from segments.pipeline.load import COLUMNS
from segments.pipeline.state import ProfileState
from segments.pipeline.write import (
    profile_updates,
    write_memberships,
    write_segment_ids,
)

CHUNK_PROFILES = 2000

_LOCK_WALK = """
SELECT r.cursor, r.last_profile_id, r.silent, r.cause, r.total
FROM definitions_recompute r
WHERE r.account_id = %s AND r.segment_id = %s FOR UPDATE SKIP LOCKED
"""
_COUNT = """
UPDATE definitions_recompute SET total =
    (SELECT count(*) FROM profiles_profile WHERE account_id = %(account)s
     AND id <= definitions_recompute.last_profile_id)
WHERE account_id = %(account)s AND segment_id = %(segment)s AND total = 0
"""
_CHUNK = f"""
SELECT {COLUMNS} FROM profiles_profile
WHERE account_id = %s AND id > %s AND id <= %s
ORDER BY id LIMIT %s FOR NO KEY UPDATE
"""  # noqa: S608 - only the constant above is filled in
_ADVANCE = """
UPDATE definitions_recompute SET cursor = %s, done = done + %s
WHERE account_id = %s AND segment_id = %s
"""
_END = "DELETE FROM definitions_recompute WHERE account_id = %s AND segment_id = %s"


class Walk(Enum):
    """What became of a chunk."""

    MORE = "more"
    BUSY = "busy"
    """Another worker has it, or there is no such walk."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class _Progress:
    cursor: int
    last_profile_id: int
    silent: bool
    cause: str
    total: int


def walk(account_id: int, segment_id: int) -> Walk:
    """Evaluate the next chunk of profiles; raises ContentionError."""
    return begin_again_when_stale(lambda: _walk(account_id, segment_id))


def _walk(account_id: int, segment_id: int) -> Walk:
    with transaction.atomic(), raw_cursor() as cursor:
        version = lock.shared(cursor, account_id)
        progress = _progress(cursor, account_id, segment_id)
        if progress is None:
            return Walk.BUSY
        if progress.total == 0:
            cursor.execute(_COUNT, {"account": account_id, "segment": segment_id})
        states = _next_profiles(cursor, account_id, progress)
        tell = _evaluate(cursor, account_id, segment_id, version, states, progress)
        if states:
            done = (states[-1].id, len(states), account_id, segment_id)
            cursor.execute(_ADVANCE, done)
    tell()
    return Walk.MORE if states else _end(account_id, segment_id)


def _evaluate(
    cursor: Cursor[Any],
    account_id: int,
    segment_id: int,
    version: int,
    states: list[ProfileState],
    progress: _Progress,
) -> Callable[[], None]:
    definitions = catalog(account_id, version)
    now = datetime.now(UTC)
    evaluator = Evaluator(definitions, now)
    segment = definitions.segments[segment_id]
    steps: list[Step] = []
    for state in states:
        state.prepare(definitions.schema)
        step = evaluator.step(state, (segment,), progress.cause)
        if step is not None:
            steps.append(step)
    moved = [step.state for step in steps]
    since = write_memberships(cursor, account_id, moved, steps, now)
    write_segment_ids(cursor, moved)
    sink = triggers.sink_for(account_id, version)
    updates = [] if progress.silent else profile_updates(steps, since, now)
    told = sink.write(cursor, updates, now)
    return lambda: sink.notify(told)


def _progress(
    cursor: Cursor[Any], account_id: int, segment_id: int
) -> _Progress | None:
    cursor.execute(_LOCK_WALK, (account_id, segment_id))
    row = cursor.fetchone()
    return _Progress(*row) if row else None


def _next_profiles(
    cursor: Cursor[Any], account_id: int, progress: _Progress
) -> list[ProfileState]:
    chunk = (account_id, progress.cursor, progress.last_profile_id, CHUNK_PROFILES)
    cursor.execute(_CHUNK, chunk)
    return [ProfileState.stored(row) for row in cursor.fetchall()]


def _end(account_id: int, segment_id: int) -> Walk:
    """End the walk, and let caches and waiting backfills know."""
    with lock.exclusive(account_id), raw_cursor() as cursor:
        progress = _progress(cursor, account_id, segment_id)
        if progress is None:
            return Walk.BUSY
        if _next_profiles(cursor, account_id, progress):
            return Walk.MORE
        cursor.execute(_END, (account_id, segment_id))
        return Walk.ENDED
