"""Sweeping away what deleted segments left behind, some at a time.

Their memberships, and their ids in the profiles that were in them.
"""

from __future__ import annotations

from django.db import connection

SWEPT_AT_ONCE = 2000

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
# Profiles are locked in the order in which batches lock them.
_SWEEP = """
WITH gone AS (
    DELETE FROM membership_membership
    WHERE segment_id = %(segment)s AND profile_id = ANY(ARRAY(
        SELECT profile_id FROM membership_membership WHERE segment_id = %(segment)s
        LIMIT %(most)s))
    RETURNING profile_id, left_at),
held AS (
    SELECT id FROM profiles_profile
    WHERE id IN (SELECT profile_id FROM gone WHERE left_at IS NULL)
    ORDER BY id FOR NO KEY UPDATE),
cleared AS (
    UPDATE profiles_profile p
    SET segment_ids = array_remove(p.segment_ids, %(segment)s)
    FROM held WHERE p.id = held.id)
SELECT count(*) FROM gone
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
            cursor.execute(_SWEEP, {"segment": segment_id, "most": SWEPT_AT_ONCE})
            deleted: int = cursor.fetchone()[0]
        total += deleted
        if deleted < SWEPT_AT_ONCE:
            return total
