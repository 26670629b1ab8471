"""Event hubs: partitions of events in the order they came, in bounded memory."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from azure.eventhub._buffered_producer._partition_resolver import generate_hash_code

from lyticsapp.local.cloud.eventhubs import messages
from lyticsapp.local.cloud.eventhubs.errors import NotFoundError

MAX_EVENTS = 20_000
MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it was stored; `content` is its bare AMQP message."""

    sequence_number: int
    offset: int
    enqueued_at_ms: int
    partition_key: str | None
    content: bytes

    @property
    def body(self) -> bytes:
        return b"".join(messages.read(self.content).data)


class Partition:
    """A sequence of events; the oldest make room for new ones."""

    def __init__(
        self, id: str, *, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES
    ) -> None:
        self.id = id
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.events: deque[Event] = deque()
        self.next_sequence_number = 0
        self._bytes = 0
        self._next_offset = 0
        self._arrived = asyncio.Event()

    @property
    def last(self) -> Event | None:
        return self.events[-1] if self.events else None

    def append(self, content: bytes, *, partition_key: str | None) -> None:
        self.events.append(
            Event(
                sequence_number=self.next_sequence_number,
                offset=self._next_offset,
                enqueued_at_ms=time.time_ns() // 1_000_000,
                partition_key=partition_key,
                content=content,
            )
        )
        self.next_sequence_number += 1
        self._next_offset += len(content)
        self._bytes += len(content)
        self._drop_oldest()
        self._arrived.set()
        self._arrived = asyncio.Event()

    async def event_from(self, sequence_number: int) -> Event:
        """The first event that is not before a sequence number; waits for it."""
        while self.next_sequence_number <= sequence_number or not self.events:
            await self._arrived.wait()
        place = max(0, sequence_number - self.events[0].sequence_number)
        return next(islice(self.events, place, None))

    def _drop_oldest(self) -> None:
        while len(self.events) > self.max_events or (
            self._bytes > self.max_bytes and len(self.events) > 1
        ):
            self._bytes -= len(self.events.popleft().content)


class EventHub:
    """Partitions, and the choice of one for events that name none."""

    def __init__(self, name: str, *, partition_count: int) -> None:
        self.name = name
        self.created_at_ms = time.time_ns() // 1_000_000
        self.partitions = {
            str(number): Partition(str(number)) for number in range(partition_count)
        }
        self._turns = cycle(self.partitions)

    def partition(self, id: str) -> Partition:
        """The partition of that id; NotFoundError where there is none."""
        if id not in self.partitions:
            raise NotFoundError(
                f"The partition '{id}' of the event hub '{self.name}' could not be"
                f" found: it has the partitions 0 to {len(self.partitions) - 1}."
            )
        return self.partitions[id]

    def publish(
        self,
        contents: Sequence[bytes],
        *,
        partition_key: str | None = None,
        partition_id: str | None = None,
    ) -> None:
        """Store events, all in one partition as one send puts them."""
        partition = self.partition(partition_id or self._choose(partition_key))
        for content in contents:
            partition.append(content, partition_key=partition_key)

    def _choose(self, partition_key: str | None) -> str:
        if partition_key is None:
            return next(self._turns)
        # The service's own hash, so that a key lands where it would in Azure.
        code: int = generate_hash_code(partition_key)  # type: ignore[no-untyped-call]
        return str(code % len(self.partitions))
