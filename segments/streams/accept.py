"""Accepting events: once `accept` has returned, they are committed.

The events and the pointers to them that tell the pipeline what is still to be
done are written by one statement. A call that fits into one chunk is that one
statement and nothing else, which small calls of several threads share; a longer
call is a transaction of several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from django.db import InterfaceError, OperationalError, connection, transaction

from segments.streams import hints, store
from segments.streams.call import Call
from segments.streams.errors import NotStoredError, RefusedError
from segments.streams.group_commit import GroupCommit
from segments.streams.lanes import lane_of
from segments.streams.names import stream_id
from segments.streams.records import Record, Rejected
from segments.streams.store import Batch

CHUNK_RECORDS = 1000
CHUNK_BYTES = 2_000_000
# Calls of up to this many records share their commit with others.
GROUP_RECORDS = 100


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of the records of a call."""

    message_count: int
    rejected_count: int


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
        raise NotStoredError.because_of(error) from error


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
        store.write([batch])
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
            store.write([batch])
            store.write_rejected(call, chunk.rejected)
            touched.update(batch.lanes)
            taken += len(chunk.records)
            dropped += len(chunk.rejected)
    _hint(call, touched)
    return Accepted(taken, dropped)


def _batch(call: Call, records: list[Record]) -> Batch:
    return Batch(
        account_id=call.account_id,
        stream_id=stream_id(call.account_id, call.stream),
        received_at=call.received_at,
        records=records,
        lanes=[lane_of(record) for record in records],
    )


def _hint(call: Call, lanes: set[int]) -> None:
    transaction.on_commit(partial(hints.hint, call.account_id, lanes))


_group = GroupCommit(store.write_apart)
