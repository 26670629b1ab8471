"""Events on their way to an event hub, and the partition that each belongs to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from azure.eventhub._buffered_producer._partition_resolver import PartitionResolver

CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Event:
    """A body of JSON, and what tells it from others and keeps it in order."""

    id: str
    key: str
    """Events of one key are in one partition, in the order they were sent in."""
    body: bytes


class EventTooLargeError(Exception):
    """An event is larger than a send may be."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(
            f"with its properties it is larger than the {most_bytes:,} bytes that the "
            "event hub takes in one send"
        )


class NoHubError(Exception):
    """There is no such event hub."""

    def __init__(self, host: str, hub: str) -> None:
        super().__init__(f"{host} has no event hub “{hub}”")


class NoPartitionError(Exception):
    """A partition is not there, which was when the partitions were looked up."""


def refuse_late(deadline: float) -> float:
    """The seconds until an instant of the monotonic clock; raises TimeoutError."""
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def by_partition(
    events: Sequence[Event], partition_ids: Sequence[str]
) -> Mapping[str, Sequence[int]]:
    """The places of the events that belong to each partition, in their order.

    It is the partition that Event Hubs itself puts the key into.
    """
    resolver = PartitionResolver(partition_ids)  # type: ignore[no-untyped-call]
    places: dict[str, list[int]] = {}
    for place, event in enumerate(events):
        partition_id: str = resolver.get_partition_id_by_partition_key(event.key)  # type: ignore[no-untyped-call]
        places.setdefault(partition_id, []).append(place)
    return places
