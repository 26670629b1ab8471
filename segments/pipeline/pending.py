"""Which lanes have events to apply, and how far behind they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

_HEADS = """
WITH RECURSIVE lanes AS (
    (SELECT account_id, lane FROM streams_pendingevent
     ORDER BY account_id, lane LIMIT 1)
    UNION ALL
    SELECT next.account_id, next.lane FROM lanes, LATERAL (
        SELECT account_id, lane FROM streams_pendingevent p
        WHERE (p.account_id, p.lane) > (lanes.account_id, lanes.lane)
        ORDER BY account_id, lane LIMIT 1
    ) AS next
)
SELECT lanes.account_id, lanes.lane, head.received_at FROM lanes, LATERAL (
    SELECT received_at FROM streams_pendingevent p
    WHERE (p.account_id, p.lane) = (lanes.account_id, lanes.lane)
    ORDER BY event_id LIMIT 1
) AS head
"""


@dataclass(frozen=True, slots=True)
class LaneHead:
    """A lane with work, and when its first pending event came in."""

    account_id: int
    lane: int
    received_at: datetime


def lane_heads() -> list[LaneHead]:
    """The lanes that have pending events; one index probe a lane, however many."""
    with connection.cursor() as cursor:
        cursor.execute(_HEADS)
        return [LaneHead(*row) for row in cursor.fetchall()]
