"""Events as AMQP messages: what senders wrote, and what receivers are told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from lyticsapp.local.cloud.eventhubs import messages
from lyticsapp.local.cloud.eventhubs.codec import Long, Symbol, Timestamp
from lyticsapp.local.cloud.eventhubs.hub import Event, Partition

# The format that Azure's SDKs give a message whose body is many messages.
BATCH_FORMAT = 0x80013700
PARTITION_KEY = Symbol("x-opt-partition-key")


def read(content: bytes, message_format: int) -> tuple[list[bytes], str | None]:
    """The bare messages in what was sent, and the partition key of them all."""
    outer = messages.read(content)
    key = outer.annotations.get(PARTITION_KEY)
    inner = outer.data if message_format == BATCH_FORMAT else [content]
    return [messages.bare(each) for each in inner], None if key is None else str(key)


async def following(partition: Partition, sequence_number: int) -> AsyncIterator[bytes]:
    """Each event from a sequence number on, as a message; waits for the next."""
    while True:
        event = await partition.event_from(sequence_number)
        yield _write(event)
        sequence_number = event.sequence_number + 1


def _write(event: Event) -> bytes:
    annotations = {
        Symbol("x-opt-sequence-number"): Long(event.sequence_number),
        Symbol("x-opt-offset"): str(event.offset),
        Symbol("x-opt-enqueued-time"): Timestamp(event.enqueued_at_ms),
    }
    if event.partition_key is not None:
        annotations[PARTITION_KEY] = event.partition_key
    return messages.section(messages.MESSAGE_ANNOTATIONS, annotations) + event.content
