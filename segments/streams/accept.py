"""Accepting events: once `accept` has returned, they are committed.

The events and the pointers to them that tell the pipeline what is still to be
done are written by one statement. A call that fits into one chunk is that one
statement and nothing else, which small calls of several threads share; a longer
call is a transaction of several.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, cast

import psycopg
from django.db import (
    DataError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from segments.streams import hints
from segments.streams.call import Call
from segments.streams.errors import NotStoredError, RefusedError
from segments.streams.group_commit import GroupCommit
from segments.streams.lanes import lane_of
from segments.streams.names import stream_id
from segments.streams.records import Record, Rejected

CHUNK_RECORDS = 1000
CHUNK_BYTES = 2_000_000
# A connection that was of use so recently is not looked at before it is used again.
SURELY_ALIVE_S = 0.2
# Calls of up to this many records share their commit with others.
GROUP_RECORDS = 100

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


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of the records of a call."""

    message_count: int
    rejected_count: int


@dataclass(frozen=True, slots=True)
class _Batch:
    account_id: int
    stream_id: int
    received_at: datetime
    records: list[Record]
    lanes: list[int]


@dataclass(slots=True)
class _Chunk:
    records: list[Record] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def accept(call: Call, given: Iterable[Record | Rejected]) -> Accepted:
    """Store the records of a call, all of them or none.

    A bad record raises RefusedError unless the call drops errors: then it is
    kept with its reason, and the good ones go on.
    """
    chunks = _chunks(call, given)
    if call.dryrun:
        return _count(chunks)
    first, second = next(chunks, None), next(chunks, None)
    try:
        if first is None:
            return Accepted(0, 0)
        if second is None and not first.rejected:
            return _store_at_once(call, first.records)
        return _store_in_turn(call, chain((first,), filter(None, (second,)), chunks))
    except (OperationalError, InterfaceError) as error:
        raise NotStoredError from error


def _chunks(call: Call, given: Iterable[Record | Rejected]) -> Iterator[_Chunk]:
    chunk, count, size = _Chunk(), 0, 0
    for each in given:
        if isinstance(each, Record):
            chunk.records.append(each)
            size += len(each.body)
        elif call.droperrors:
            chunk.rejected.append(each)
            size += len(each.raw)
        else:
            raise RefusedError(call.unit, each.position, each.reason)
        count += 1
        if count >= CHUNK_RECORDS or size >= CHUNK_BYTES:
            yield chunk
            chunk, count, size = _Chunk(), 0, 0
    if count:
        yield chunk


def _count(chunks: Iterable[_Chunk]) -> Accepted:
    taken = dropped = 0
    for chunk in chunks:
        taken += len(chunk.records)
        dropped += len(chunk.rejected)
    return Accepted(taken, dropped)


def _store_at_once(call: Call, records: list[Record]) -> Accepted:
    batch = _batch(call, records)
    if len(records) > GROUP_RECORDS or connection.in_atomic_block:
        _write([batch])
    else:
        _group.submit(batch)
    _hint(call, set(batch.lanes))
    return Accepted(len(records), 0)


def _store_in_turn(call: Call, chunks: Iterable[_Chunk]) -> Accepted:
    """Store chunk by chunk in one transaction.

    The stream is made before it begins: others who send the first events of the
    same stream would wait for it to end.
    """
    stream_id(call.account_id, call.stream)
    taken = dropped = 0
    touched: set[int] = set()
    with transaction.atomic():
        for chunk in chunks:
            batch = _batch(call, chunk.records)
            _write([batch])
            _write_rejected(call, chunk.rejected)
            touched.update(batch.lanes)
            taken += len(chunk.records)
            dropped += len(chunk.rejected)
    _hint(call, touched)
    return Accepted(taken, dropped)


def _batch(call: Call, records: list[Record]) -> _Batch:
    return _Batch(
        account_id=call.account_id,
        stream_id=stream_id(call.account_id, call.stream),
        received_at=call.received_at,
        records=records,
        lanes=[lane_of(record) for record in records],
    )


def _write_apart(batches: Sequence[_Batch]) -> list[Exception | None]:
    """Write the batches of several calls; one that fails does not harm the others."""
    try:
        _write(batches)
    except DataError as error:
        if len(batches) == 1:
            return [error]
        return [each for batch in batches for each in _write_apart([batch])]
    return [None] * len(batches)


def _write(batches: Sequence[_Batch]) -> None:
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


def _write_rejected(call: Call, rejected: list[Rejected]) -> None:
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


def _hint(call: Call, lanes: set[int]) -> None:
    transaction.on_commit(partial(hints.hint, call.account_id, lanes))


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


_last_use = threading.local()
_group = GroupCommit(_write_apart)
