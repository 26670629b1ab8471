"""Writing events and rejected records, each by one statement.

Not by way of Django's models or cursors: these statements are the hot path of all
that comes in.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import psycopg
from django.db import DataError, connection

from segments.streams.call import Call
from segments.streams.names import stream_id
from segments.streams.records import Record, Rejected

# A connection that was of use so recently is not looked at before it is used again.
SURELY_ALIVE_S = 0.2

# Ids are given in the order of the arrays: a later record of a call wins over an
# earlier one of the same time.
_EVENTS = """
WITH input AS MATERIALIZED (
    SELECT nextval('streams_event_id_seq') AS id, given.*
    FROM unnest(
        %(accounts)b::bigint[], %(streams)b::bigint[], %(received)b::timestamptz[],
        %(times)b::timestamptz[], %(lanes)b::smallint[], %(bodies)b::text[]
    ) AS given (account_id, stream_id, received_at, event_at, lane, body)
), events AS (
    INSERT INTO streams_event
           (id, account_id, stream_id, event_at, received_at, body)
    SELECT id, account_id, stream_id, event_at, received_at, body::json FROM input
)
INSERT INTO streams_pendingevent (event_id, account_id, lane, received_at)
SELECT id, account_id, lane, received_at FROM input
"""
_REJECTED = """
INSERT INTO streams_rejectedrecord
       (account_id, stream_id, raw, reason, position, filename, received_at)
SELECT %(account)s, %(stream)s, raw, reason, position, %(filename)s, %(received)s
FROM unnest(%(raws)b::bytea[], %(reasons)b::text[], %(positions)b::bigint[])
         AS given (raw, reason, position)
"""

_last_use = threading.local()


@dataclass(frozen=True, slots=True)
class Batch:
    """The records of one call that are written together, each with its lane."""

    account_id: int
    stream_id: int
    received_at: datetime
    records: list[Record]
    lanes: list[int]


def write_apart(batches: Sequence[Batch]) -> list[Exception | None]:
    """Write the batches of several calls; one that fails does not harm the others."""
    try:
        write(batches)
    except DataError as error:
        if len(batches) == 1:
            return [error]
        return [each for batch in batches for each in write_apart([batch])]
    return [None] * len(batches)


def write(batches: Sequence[Batch]) -> None:
    """Write events, and for each a pointer that says it is still to be applied."""
    values: dict[str, list[Any]] = {
        "accounts": [],
        "streams": [],
        "received": [],
        "times": [],
        "lanes": [],
        "bodies": [],
    }
    for batch in batches:
        count = len(batch.records)
        values["accounts"] += [batch.account_id] * count
        values["streams"] += [batch.stream_id] * count
        values["received"] += [batch.received_at] * count
        values["times"] += [record.event_at for record in batch.records]
        values["lanes"] += batch.lanes
        values["bodies"] += [record.body.decode() for record in batch.records]
    if values["bodies"]:
        _execute(_EVENTS, values)


def write_rejected(call: Call, rejected: list[Rejected]) -> None:
    """Keep records with the reason why they could not be accepted."""
    if not rejected:
        return
    values = {
        "account": call.account_id,
        "stream": stream_id(call.account_id, call.stream),
        "received": call.received_at,
        "filename": call.filename,
        "raws": [each.raw[: call.max_record_bytes] for each in rejected],
        "reasons": [each.reason for each in rejected],
        "positions": [each.position for each in rejected],
    }
    _execute(_REJECTED, values)


def _execute(statement: str, values: Mapping[str, Any]) -> None:
    """Run a statement that the server keeps planned.

    Django's own cursor would write the values into the statement's text, which
    takes three times as long.
    """
    _close_if_hung_up()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = cast("psycopg.Connection[Any]", connection.connection)
        psycopg.Cursor(raw).execute(statement, values, prepare=True)
    _last_use.at = time.monotonic()


def _close_if_hung_up() -> None:
    """Drop a connection that the server has ended since it was last used.

    Django asks the server by a query; an idle connection that has something to
    say is a sign enough, and costs no round trip.
    """
    raw = connection.connection
    if raw is None or connection.in_atomic_block:
        return
    if time.monotonic() - getattr(_last_use, "at", 0.0) < SURELY_ALIVE_S:
        return
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    if poll.poll(0) and not connection.is_usable():
        connection.close()
