"""What a destination was last told of users, read from the messages written for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from psycopg import Cursor

_LAST_TOLD = """
SELECT DISTINCT ON (d.subscription_id, d.profile_id, e ->> 'id')
       d.subscription_id, d.profile_id, e ->> 'id', e ->> 'event'
FROM subscriptions_delivery d
CROSS JOIN LATERAL json_array_elements(d.payload -> 'data' -> 'segment_events') e
WHERE d.subscription_id = ANY(%b::int[]) AND d.profile_id = ANY(%b::bigint[])
  AND d.state IN ('pending', 'delivered') AND e ->> 'event' <> 'change'
ORDER BY 1, 2, 3, coalesce(d.first_id, d.id) DESC
"""

LastTold = dict[tuple[int, int, str], str]
"""By subscription, profile and public id of the segment: `enter` or `exit`."""


def last_told(
    cursor: Cursor[Any],
    subscription_ids: Collection[int],
    profile_ids: Collection[int],
) -> LastTold:
    """The last event each subscription has a message of, for each user and segment."""
    cursor.execute(_LAST_TOLD, (list(subscription_ids), list(profile_ids)))
    return {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}
