"""Sweeping away the memberships of segments that are deleted, some at a time."""

from __future__ import annotations

from django.db import connection

SWEPT_AT_ONCE = 10_000

# Looks at one row of each segment, by index: DISTINCT would read them all.
_DELETED = """
WITH RECURSIVE named AS (
    (SELECT segment_id FROM membership_membership ORDER BY segment_id LIMIT 1)
    UNION ALL
    SELECT (SELECT segment_id FROM membership_membership m
            WHERE m.segment_id > named.segment_id ORDER BY segment_id LIMIT 1)
    FROM named WHERE named.segment_id IS NOT NULL)
SELECT segment_id FROM named
WHERE segment_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM definitions_segment s WHERE s.id = named.segment_id)
"""
_SWEEP = """
DELETE FROM membership_membership WHERE id = ANY(ARRAY(
    SELECT id FROM membership_membership WHERE segment_id = %s LIMIT %s))
"""


def sweep() -> int:
    """Delete the memberships of deleted segments; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETED)
        segment_ids = [row[0] for row in cursor.fetchall()]
    return sum(map(_sweep, segment_ids))


def _sweep(segment_id: int) -> int:
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_SWEEP, (segment_id, SWEPT_AT_ONCE))
            deleted: int = cursor.rowcount
        total += deleted
        if deleted < SWEPT_AT_ONCE:
            return total
