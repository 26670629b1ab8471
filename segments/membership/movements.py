"""How many enter and leave: written down by each batch, added up by the hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db import connection

ADDED_UP_AT_ONCE = 1000
FORGOTTEN_AT_ONCE = 10_000

_RECORD = """
INSERT INTO membership_movement (account_id, at, silent, segment_ids, entered, exited)
VALUES (%s, %s, %s, %s::int[], %s::int[], %s::int[])
"""
_ADD_UP = """
WITH taken AS (
    DELETE FROM membership_movement WHERE id = ANY(ARRAY(
        SELECT id FROM membership_movement ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED))
    RETURNING account_id, at, silent, segment_ids, entered, exited),
added AS (
    INSERT INTO membership_segmenthour AS h
           (account_id, segment_id, hour, entered, exited, settled)
    SELECT t.account_id, m.segment_id, date_trunc('hour', t.at, 'UTC'),
           coalesce(sum(m.entered) FILTER (WHERE NOT t.silent), 0),
           coalesce(sum(m.exited) FILTER (WHERE NOT t.silent), 0),
           coalesce(sum(m.entered - m.exited) FILTER (WHERE t.silent), 0)
    FROM taken t, unnest(t.segment_ids, t.entered, t.exited)
         AS m (segment_id, entered, exited)
    WHERE EXISTS (SELECT FROM definitions_segment s WHERE s.id = m.segment_id)
    GROUP BY 1, 2, 3 ORDER BY 2, 3
    ON CONFLICT (segment_id, hour) DO UPDATE
    SET entered = h.entered + excluded.entered, exited = h.exited + excluded.exited,
        settled = h.settled + excluded.settled)
SELECT count(*) FROM taken
"""
_FORGET = """
DELETE FROM membership_segmenthour WHERE id = ANY(ARRAY(
    SELECT id FROM membership_segmenthour WHERE hour < %s LIMIT %s))
"""

Moved = tuple[int, int, int]
"""A segment, how many more are in it, and how many are in it no more."""


class Executes(Protocol):
    """The part of a cursor that is used here."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...


def record(
    cursor: Executes,
    account_id: int,
    moves: Iterable[Moved],
    at: datetime,
    *,
    silent: bool = False,
) -> None:
    """Write down how many moved, in the transaction that moves them.

    Silent moves are those that nobody is told of: they change a size, and are no
    enters and exits.
    """
    rows = [moved for moved in moves if moved[1] or moved[2]]
    if rows:
        columns = map(list, zip(*rows, strict=True))
        cursor.execute(_RECORD, (account_id, at, silent, *columns))


def add_up() -> int:
    """Add what batches wrote down to its hours; returns how many rows that were."""
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_ADD_UP, (ADDED_UP_AT_ONCE,))
            added: int = cursor.fetchone()[0]
        total += added
        if added < ADDED_UP_AT_ONCE:
            return total


def forget_old(now: datetime) -> int:
    """Delete the hours that are past their retention; returns how many."""
    oldest = now - timedelta(days=settings.SIZE_HISTORY_DAYS)
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, (oldest, FORGOTTEN_AT_ONCE))
            deleted: int = cursor.rowcount
        total += deleted
        if deleted < FORGOTTEN_AT_ONCE:
            return total
