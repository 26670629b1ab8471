"""What a destination was last told of users.

It is read from the messages that were delivered or wait to be: one that was given up
or skipped has told nothing. Of messages that are sent again, the first sequence number
counts: an old enter that is replayed is no news. What messages say that are past their
retention is kept when they are deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor

_TOLD = """
SELECT d.account_id, d.subscription_id, d.profile_id, e ->> 'id' AS segment,
       e ->> 'event' AS event, coalesce(d.first_id, d.id) AS sequence,
       d.created_at AS at
FROM subscriptions_delivery d
CROSS JOIN LATERAL json_array_elements(d.payload -> 'data' -> 'segment_events') e
WHERE e ->> 'event' <> 'change'
"""
_LAST_TOLD = f"""
SELECT DISTINCT ON (subscription_id, profile_id, segment)
       subscription_id, profile_id, segment, event, sequence, at
FROM (
    {_TOLD}
      AND d.subscription_id = ANY(%(subscriptions)b::int[])
      AND d.profile_id = ANY(%(profiles)b::bigint[])
      AND d.state IN ('pending', 'delivered')
    UNION ALL
    SELECT account_id, subscription_id, profile_id, segment, event, sequence, at
    FROM subscriptions_toldbefore
    WHERE subscription_id = ANY(%(subscriptions)b::int[])
      AND profile_id = ANY(%(profiles)b::bigint[])
) told
ORDER BY subscription_id, profile_id, segment, sequence DESC
"""  # noqa: S608 - a part of a statement, ours
_UPSERT = """
INSERT INTO subscriptions_toldbefore AS kept
       (account_id, subscription_id, profile_id, segment, event, sequence, at)
SELECT DISTINCT ON (subscription_id, profile_id, segment)
       account_id, subscription_id, profile_id, segment, event, sequence, at
FROM told
ORDER BY subscription_id, profile_id, segment, sequence DESC
ON CONFLICT (subscription_id, profile_id, segment) DO UPDATE
SET event = excluded.event, sequence = excluded.sequence, at = excluded.at
WHERE kept.sequence < excluded.sequence
"""
# Locked first, so that a merge, which gives messages and what was kept of them to
# another profile, comes before or after.
_LOCK = (
    "SELECT id FROM subscriptions_delivery WHERE id = ANY(%b) ORDER BY id FOR UPDATE"
)
_KEEP = f"""
WITH told AS ({_TOLD} AND d.id = ANY(%b) AND d.state = 'delivered') {_UPSERT}
"""
_REKEY = f"""
WITH told AS (
    DELETE FROM subscriptions_toldbefore t
    USING unnest(%b::bigint[], %b::bigint[]) AS m (merged, survivor)
    WHERE t.profile_id = m.merged AND t.subscription_id = ANY(%b::int[])
    RETURNING t.account_id, t.subscription_id, m.survivor AS profile_id, t.segment,
              t.event, t.sequence, t.at
) {_UPSERT}
"""  # noqa: S608 - a part of a statement, ours
# Each by its index, in order; the profiles of one are seldom all there are.
_NEXT_PROFILES = """
SELECT profile_id FROM (
    (SELECT DISTINCT profile_id FROM subscriptions_delivery
     WHERE subscription_id = %(subscription)b AND profile_id > %(after)b
     ORDER BY profile_id LIMIT %(most)b)
    UNION
    (SELECT DISTINCT profile_id FROM subscriptions_toldbefore
     WHERE subscription_id = %(subscription)b AND profile_id > %(after)b
     ORDER BY profile_id LIMIT %(most)b)
) known
ORDER BY profile_id LIMIT %(most)b
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """The last event of a user and a segment that a destination was told."""

    event: str
    sequence: int
    at: datetime


LastTold = dict[tuple[int, int, str], Entry]
"""By subscription, profile and public id of the segment."""


def last_told(
    cursor: Cursor[Any],
    subscription_ids: Collection[int],
    profile_ids: Collection[int],
) -> LastTold:
    """The last event each subscription was told of, for each user and segment."""
    values = {
        "subscriptions": list(subscription_ids),
        "profiles": list(profile_ids),
    }
    cursor.execute(_LAST_TOLD, values)
    return {(row[0], row[1], row[2]): Entry(*row[3:]) for row in cursor.fetchall()}


def profiles_after(
    cursor: Cursor[Any], subscription_id: int, after: int, most: int
) -> list[int]:
    """The next profiles that there are messages of, or were."""
    values = {"subscription": subscription_id, "after": after, "most": most}
    cursor.execute(_NEXT_PROFILES, values)
    return [row[0] for row in cursor.fetchall()]


def keep(cursor: Cursor[Any], delivery_ids: Sequence[int]) -> None:
    """Keep what these messages have told, in the transaction that deletes them."""
    cursor.execute(_LOCK, (delivery_ids,))
    cursor.execute(_KEEP, (delivery_ids,))


def rekey(
    cursor: Cursor[Any],
    merged_ids: Sequence[int],
    survivor_ids: Sequence[int],
    subscription_ids: Sequence[int],
) -> None:
    """What was told of merged profiles was told of those they became."""
    cursor.execute(_REKEY, (merged_ids, survivor_ids, subscription_ids))
