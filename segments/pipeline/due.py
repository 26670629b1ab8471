"""Evaluating profiles whose time has come, though nothing happened to them.

"No login for seven days" is true at the seventh day, with no event. Each profile
holds the instants at which its segments change by themselves; the sweep takes
those that have passed, the longest due first, a chunk a transaction. What other
workers hold is passed over: they evaluate it, or the next sweep does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from psycopg import Cursor

from lyticsapp import counters
from segments.definitions import lock
from segments.definitions.catalog import catalog
from segments.pipeline import triggers
from segments.pipeline.batch import (
    begin_again_when_stale,
    commit_without_waiting,
    place_silently,
    raw_cursor,
)
from segments.pipeline.evaluate import SCHEDULE, Evaluator
from segments.pipeline.lateness import DUE_LATENESS, DUE_PROFILES
from segments.pipeline.place import Place
from segments.pipeline.walked import lock_places
from segments.pipeline.write import (
    profile_updates,
    write_memberships,
    write_places,
)
from segments.profiles.glance import Glance
from segments.profiles.instants import instant, microseconds

CHUNK_PROFILES = 2000
PART_PROFILES = 250
LONG_AGO = datetime.min.replace(tzinfo=UTC)

# The first key of PostgreSQL's two-key advisory locks; the second is the account.
LOCK_CLASS = 0x5E9

_TAKE = "SELECT pg_try_advisory_xact_lock(%s, %s)"
_CHUNK = """
SELECT {columns} FROM profiles_profile
WHERE account_id = %s AND due_at >= %s AND due_at <= %s
ORDER BY due_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
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


def evaluate_due(account_id: int, since: datetime = LONG_AGO) -> datetime | None:
    """Evaluate the profiles that are longest due, of those due since then.

    Does nothing while another worker is at it: one of an account at a time keeps the
    order, and leaves the machine to events. Returns since when others may be due, or None if none are; whoever goes on from
    there need not pass over the index entries of those that were. Raises
    ContentionError.
    """
    return begin_again_when_stale(lambda: _evaluate_due(account_id, since))


def _evaluate_due(account_id: int, since: datetime) -> datetime | None:
    with transaction.atomic(), raw_cursor() as cursor:
        if not _is_ours(cursor, account_id):
            return None
        commit_without_waiting()  # who is due stays due until it is safe
        version = lock.shared(cursor, account_id)
        definitions = catalog(account_id, version)
        now = datetime.now(UTC)
        asked = definitions.fields_of_walks
        glance = Glance(definitions.schema_for(asked), asked)
        chunk = (account_id, since, now, CHUNK_PROFILES)
        places = lock_places(cursor, _CHUNK, chunk, glance)
        if not places:
            return None
        last_us = places[-1].due_us
        evaluator = Evaluator(definitions, now)
        sink = triggers.sink_for(account_id, version)
        done = _evaluate(cursor, account_id, evaluator, places, sink)
    sink.notify(frozenset(done.told))
    done.count()
    if len(places) < CHUNK_PROFILES or last_us is None:
        return None
    return instant(last_us)


def _is_ours(cursor: Cursor[Any], account_id: int) -> bool:
    cursor.execute(_TAKE, (LOCK_CLASS, account_id))
    row = cursor.fetchone()
    return row is not None and bool(row[0])


def _evaluate(
    cursor: Cursor[Any],
    account_id: int,
    evaluator: Evaluator,
    places: Sequence[Place],
    sink: triggers.TriggerSink,
) -> _Done:
    """Evaluate and write the profiles, part by part.

    None waits for the database, which writes one part while the next is evaluated.
    """
    now, heard = evaluator.now, sink.segments_listened_to()
    done = _Done()
    with cursor.connection.pipeline():
        for begin in range(0, len(places), PART_PROFILES):
            part = places[begin : begin + PART_PROFILES]
            done.lateness_s += _lateness_s(part, now)
            for place in part:
                evaluator.prepare(place)
            place_silently(cursor, account_id, evaluator, part)
            steps = [s for place in part if (s := evaluator.catch_up(place))]
            since = write_memberships(cursor, account_id, part, now, heard=heard)
            write_places(cursor, part, now)
            updates = profile_updates(steps, since, now, heard=heard)
            done.told |= sink.write(cursor, updates, now)
            done.moves.update(move.event for step in steps for move in step.moves)
    return done


@dataclass
class _Done:
    """What a chunk came to."""

    lateness_s: list[float] = field(default_factory=list)
    """How long ago each profile was due that was."""
    moves: Counter[str] = field(default_factory=Counter)
    told: set[int] = field(default_factory=set)
    """The subscriptions that have something to deliver."""

    def count(self) -> None:
        """Add the chunk to the installation's figures."""
        figures: dict[counters.Name, float] = {
            counters.name("lyticsapp_triggers", event=event, cause=SCHEDULE): count
            for event, count in self.moves.items()
        }
        figures[counters.name(DUE_PROFILES)] = len(self.lateness_s)
        figures[counters.name(DUE_LATENESS)] = sum(self.lateness_s)
        counters.add(figures)


def _lateness_s(places: Iterable[Place], now: datetime) -> list[float]:
    """How long ago each profile was due that is; some only had to be looked at."""
    now_us = microseconds(now)
    soonest = (min(place.dues.values(), default=now_us + 1) for place in places)
    return [(now_us - us) / 1_000_000 for us in soonest if us <= now_us]
