"""Claiming the pending events of a lane, and marking them done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from psycopg import Cursor

from segments.streams.records import identities_of

MAX_BATCH_BYTES = 16_000_000

_LOCK_LANE = "SELECT pg_try_advisory_xact_lock(%s)"
_CLAIM = """
SELECT pending, id, event_us, received_us, stream_id, body::text FROM (
    SELECT count(*) OVER () AS pending, e.id, e.stream_id, e.body,
           (extract(epoch FROM e.event_at) * 1000000)::bigint AS event_us,
           (extract(epoch FROM e.received_at) * 1000000)::bigint AS received_us,
           sum(size.bytes) OVER (ORDER BY e.id) - size.bytes AS bytes_before
    FROM (
        SELECT event_id, received_at FROM streams_pendingevent
        WHERE account_id = %(account)s AND lane = %(lane)s
        ORDER BY event_id LIMIT %(limit)s
    ) AS pending
    JOIN streams_event e
      ON e.received_at = pending.received_at AND e.id = pending.event_id
    CROSS JOIN LATERAL (
        -- Few are compressed, and those may be a hundred times as long.
        SELECT CASE WHEN pg_column_compression(e.body) IS NULL
                    THEN pg_column_size(e.body)
                    ELSE octet_length(e.body::text) END AS bytes
    ) AS size
) AS claimed
WHERE bytes_before < %(bytes)s
ORDER BY id
"""
_DONE = """
DELETE FROM streams_pendingevent
WHERE account_id = %s AND lane = %s AND event_id = ANY(%b)
"""
_TALLY = """
INSERT INTO streams_streamtally AS t
       (account_id, stream_id, hour, lane, events, without_identity)
SELECT %s, stream_id, to_timestamp(hour * 3600), %s, events, without_identity
FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])
  AS d (stream_id, hour, events, without_identity)
ORDER BY stream_id, hour
ON CONFLICT (stream_id, hour, lane) DO UPDATE
SET events = t.events + excluded.events,
    without_identity = t.without_identity + excluded.without_identity
"""


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """An event as the pipeline handles it; times are in µs since 1970."""

    id: int
    event_us: int
    received_us: int
    stream_id: int
    fields: dict[str, Any]
    identities: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Claim:
    """Events of a lane."""

    events: list[ClaimedEvent]
    more: bool
    """Whether the lane held further ones; those that come later are hinted anew."""


def lock_lane(cursor: Cursor[Any], account_id: int, lane: int) -> bool:
    """Hold the lane until the transaction ends; False where another worker has it."""
    ask_lane(cursor, account_id, lane)
    return lane_given(cursor)


def ask_lane(cursor: Cursor[Any], account_id: int, lane: int) -> None:
    """The question of `lock_lane`, for callers who send statements together."""
    cursor.execute(_LOCK_LANE, (account_id << 16 | lane,))


def lane_given(cursor: Cursor[Any]) -> bool:
    """The answer of `lock_lane`."""
    row = cursor.fetchone()
    return row is not None and row[0]


def claim(
    cursor: Cursor[Any],
    account_id: int,
    lane: int,
    limit: int,
    identity_fields: tuple[str, ...],
) -> Claim:
    """The lane's next events, in the order in which they were accepted."""
    cursor.execute(
        _CLAIM,
        {
            "account": account_id,
            "lane": lane,
            "limit": limit,
            "bytes": MAX_BATCH_BYTES,
        },
    )
    rows = cursor.fetchall()
    pending = rows[0][0] if rows else 0
    return Claim(
        events=[_claimed(row[1:], identity_fields) for row in rows],
        more=pending == limit or pending > len(rows),
    )


def _claimed(row: tuple[Any, ...], identity_fields: tuple[str, ...]) -> ClaimedEvent:
    event_id, event_us, received_us, stream_id, body = row
    fields = orjson.loads(body)
    if "e+" in body or "-0.0" in body:
        fields = {name: _as_kept(value) for name, value in fields.items()}
    identities = identities_of(fields, identity_fields)
    return ClaimedEvent(event_id, event_us, received_us, stream_id, fields, identities)


def _as_kept(value: Any) -> Any:
    """The value as a profile gives it back: jsonb has no exponents and no -0.0."""
    if type(value) is list:
        return [_as_kept(item) for item in value]
    if type(value) is float and value.is_integer():
        return orjson.loads(f"{Decimal(repr(value)) + 0:f}")
    return value


def mark_done(
    cursor: Cursor[Any], account_id: int, lane: int, events: Iterable[ClaimedEvent]
) -> None:
    """Take the events off the lane and count them by stream and hour."""
    counts: Counter[tuple[int, int]] = Counter()
    nameless: Counter[tuple[int, int]] = Counter()
    ids = []
    for event in events:
        ids.append(event.id)
        key = (event.stream_id, event.received_us // 3_600_000_000)
        counts[key] += 1
        nameless[key] += not event.identities
    cursor.execute(_DONE, (account_id, lane, ids))
    keys = list(counts)
    cursor.execute(
        _TALLY,
        (
            account_id,
            lane,
            [stream_id for stream_id, _ in keys],
            [hour for _, hour in keys],
            [counts[key] for key in keys],
            [nameless[key] for key in keys],
        ),
    )
