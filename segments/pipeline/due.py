"""Evaluating profiles whose time has come, though nothing happened to them.

"No login for seven days" is true at the seventh day, with no event. Each profile
holds the instants at which its segments change by themselves; the sweep takes
those that have passed, the longest due first, a chunk a transaction. What other
workers hold is passed over: they evaluate it, or the next sweep does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from psycopg import Cursor

from lyticsapp import counters
from segments.definitions import lock
from segments.definitions.catalog import catalog
from segments.pipeline import triggers
from segments.pipeline.batch import begin_again_when_stale, prepare, raw_cursor
from segments.pipeline.evaluate import SCHEDULE, Evaluator, Step
from segments.pipeline.lateness import DUE_LATENESS, DUE_PROFILES
from segments.pipeline.load import COLUMNS
from segments.pipeline.state import ProfileState
from segments.pipeline.write import (
    profile_updates,
    write_memberships,
    write_places,
)
from segments.profiles.instants import microseconds

CHUNK_PROFILES = 2000

_CHUNK = f"""
SELECT {COLUMNS} FROM profiles_profile
WHERE account_id = %s AND due_at <= %s
ORDER BY due_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608 - only the constant above is filled in
_HEADS = """
WITH RECURSIVE heads AS (
    (SELECT account_id, due_at FROM profiles_profile
     WHERE due_at IS NOT NULL ORDER BY account_id, due_at LIMIT 1)
    UNION ALL
    SELECT next.account_id, next.due_at FROM heads, LATERAL (
        SELECT account_id, due_at FROM profiles_profile
        WHERE account_id > heads.account_id AND due_at IS NOT NULL
        ORDER BY account_id, due_at LIMIT 1
    ) AS next
)
SELECT account_id, due_at FROM heads WHERE due_at <= now()
"""


@dataclass(frozen=True, slots=True)
class DueHead:
    """An account with due profiles, and since when the first of them is due."""

    account_id: int
    due_at: datetime


def due_heads() -> list[DueHead]:
    """The accounts that have due profiles; one index probe an account."""
    with connection.cursor() as cursor:
        cursor.execute(_HEADS)
        return [DueHead(*row) for row in cursor.fetchall()]


def evaluate_due(account_id: int) -> bool:
    """Evaluate the profiles that are longest due; returns whether there may be more.

    Raises ContentionError.
    """
    return begin_again_when_stale(lambda: _evaluate_due(account_id))


def _evaluate_due(account_id: int) -> bool:
    with transaction.atomic(), raw_cursor() as cursor:
        version = lock.shared(cursor, account_id)
        definitions = catalog(account_id, version)
        now = datetime.now(UTC)
        cursor.execute(_CHUNK, (account_id, now, CHUNK_PROFILES))
        states = [ProfileState.stored(row) for row in cursor.fetchall()]
        if not states:
            return False
        lateness_s = _lateness_s(states, now)
        evaluator = Evaluator(definitions, now)
        prepare(cursor, account_id, definitions, states, evaluator)
        steps = [s for state in states if (s := evaluator.catch_up(state)) is not None]
        tell = _write(cursor, account_id, version, states, steps, now)
    tell(lateness_s)
    return len(states) == CHUNK_PROFILES


def _write(
    cursor: Cursor[Any],
    account_id: int,
    version: int,
    states: list[ProfileState],
    steps: list[Step],
    now: datetime,
) -> Callable[[list[float]], None]:
    moved = [step.state for step in steps]
    since = write_memberships(cursor, account_id, moved, now)
    write_places(cursor, states, now)
    sink = triggers.sink_for(account_id, version)
    told = sink.write(cursor, profile_updates(steps, since, now), now)

    def tell(lateness_s: list[float]) -> None:
        sink.notify(told)
        moves = [move for step in steps for move in step.moves]
        counters.add(
            {
                counters.name(DUE_PROFILES): len(lateness_s),
                counters.name(DUE_LATENESS): sum(lateness_s),
                **{
                    counters.name(
                        "lyticsapp_triggers", event=event, cause=SCHEDULE
                    ): sum(move.event == event for move in moves)
                    for event in {move.event for move in moves}
                },
            }
        )

    return tell


def _lateness_s(states: list[ProfileState], now: datetime) -> list[float]:
    """How long ago each profile was due that is; some only had to be looked at."""
    now_us = microseconds(now)
    soonest = (min(state.dues.values(), default=now_us + 1) for state in states)
    return [(now_us - us) / 1_000_000 for us in soonest if us <= now_us]
