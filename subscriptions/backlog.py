"""How much waits to be sent: what is written by the thousand waits for it.

So that live messages are never far behind backfills, corrections and replays.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from psycopg import Cursor

MOST_WAITING = 5_000

_FULL = """
SELECT EXISTS (
    SELECT FROM unnest(%b::int[]) AS s (id)
    WHERE (SELECT count(*) FROM (
        SELECT FROM subscriptions_delivery d
        WHERE d.subscription_id = s.id AND d.state = 'pending' LIMIT %b::int
    ) waiting) >= %b::int
)
"""


def is_full(cursor: Cursor[Any], subscription_ids: Collection[int]) -> bool:
    """Whether MOST_WAITING messages of one of these wait."""
    cursor.execute(_FULL, (list(subscription_ids), MOST_WAITING, MOST_WAITING))
    row = cursor.fetchone()
    assert row is not None
    return bool(row[0])
