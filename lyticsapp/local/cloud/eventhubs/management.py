"""$management: what there is to know of event hubs and partitions."""

from __future__ import annotations

from typing import Any

from lyticsapp.local.cloud.eventhubs import messages
from lyticsapp.local.cloud.eventhubs.access import Claim
from lyticsapp.local.cloud.eventhubs.codec import Array, Int, Long, Timestamp
from lyticsapp.local.cloud.eventhubs.errors import (
    EventHubsError,
    MalformedError,
    UnauthorizedError,
)
from lyticsapp.local.cloud.eventhubs.hub import EventHub, Partition
from lyticsapp.local.cloud.eventhubs.messages import Message
from lyticsapp.local.cloud.eventhubs.namespace import Namespace

NODE = "$management"
HUB, PARTITION = "com.microsoft:eventhub", "com.microsoft:partition"
# What stands for the time of an event that never was: the first day of year 1.
NEVER_MS = -62_135_596_800_000


def answer(request: Message, namespace: Namespace) -> bytes:
    """The message that answers a READ request."""
    try:
        value = _read(request, namespace)
    except EventHubsError as error:
        return _reply(request, error.status, str(error))
    return _reply(request, 200, "OK", value=value)


def _read(request: Message, namespace: Namespace) -> dict[str, Any]:
    asked = request.application_properties
    name = str(asked.get("name"))
    _check_token(str(asked.get("security_token")), namespace, name)
    hub = namespace.hub(name)
    match asked.get("operation"), asked.get("type"):
        case "READ", "com.microsoft:eventhub":
            return _hub_properties(hub)
        case "READ", "com.microsoft:partition":
            partition = hub.partition(str(asked.get("partition")))
            return _partition_properties(hub, partition)
        case operation, kind:
            raise MalformedError(f"The operation {operation} of {kind} is unknown.")


def _check_token(token: str, namespace: Namespace, hub: str) -> None:
    grant = namespace.grant(token)
    if not any(grant.allows(claim, hub) for claim in Claim):
        raise UnauthorizedError(f"The token is not for the event hub '{hub}'.")


def _hub_properties(hub: EventHub) -> dict[str, Any]:
    return {
        "name": hub.name,
        "type": HUB,
        "created_at": Timestamp(hub.created_at_ms),
        "partition_count": Int(len(hub.partitions)),
        "partition_ids": Array(hub.partitions),
    }


def _partition_properties(hub: EventHub, partition: Partition) -> dict[str, Any]:
    last = partition.last
    begin = partition.events[0].sequence_number if last else 0
    return {
        "name": hub.name,
        "type": PARTITION,
        "partition": partition.id,
        "begin_sequence_number": Long(begin),
        "last_enqueued_sequence_number": Long(partition.next_sequence_number - 1),
        "last_enqueued_offset": str(last.offset) if last else "-1",
        "last_enqueued_time_utc": Timestamp(last.enqueued_at_ms if last else NEVER_MS),
        "is_partition_empty": last is None,
    }


def _reply(request: Message, status: int, description: str, value: Any = None) -> bytes:
    properties = {"status-code": Int(status), "status-description": description}
    return messages.reply(request, properties, value=value)
