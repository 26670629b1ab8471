"""The Azure SDK's own clients, impatient enough for tests."""

from __future__ import annotations

from typing import Any

from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient

from tests.local_hubs import HUB

# The SDK waits this long for more frames before it looks at what it has.
SOCKET_TIMEOUT_S = 0.05


def producer(connection_string: str, **options: Any) -> EventHubProducerClient:
    """A producer that does not try again unless told to."""
    settings = {
        "eventhub_name": HUB,
        "retry_total": 0,
        "socket_timeout": SOCKET_TIMEOUT_S,
    }
    return EventHubProducerClient.from_connection_string(
        connection_string, **settings | options
    )


def send(client: EventHubProducerClient, *bodies: str, **batch: Any) -> None:
    """Send bodies as one batch, to a `partition_id` or by a `partition_key`."""
    events = client.create_batch(**batch)
    for body in bodies:
        events.add(EventData(body))
    client.send_batch(events)


def receive(
    connection_string: str,
    count: int,
    *,
    partition_id: str | None = None,
    since: str = "-1",
    **options: Any,
) -> dict[str, list[EventData]]:
    """The first `count` events after an offset, by partition; of one or of all."""
    client = EventHubConsumerClient.from_connection_string(
        connection_string,
        consumer_group="$Default",
        eventhub_name=HUB,
        retry_total=0,
        socket_timeout=SOCKET_TIMEOUT_S,
        **options,
    )
    received: dict[str, list[EventData]] = {}
    errors: list[Exception] = []

    def take(context: Any, events: list[EventData]) -> None:
        received.setdefault(context.partition_id, []).extend(events)
        if sum(map(len, received.values())) >= count:
            client.close()

    def fail(context: Any, error: Exception) -> None:
        errors.append(error)
        client.close()

    with client:
        client.receive_batch(
            take, partition_id=partition_id, starting_position=since, on_error=fail
        )
    if errors:
        raise errors[0]
    return {id: events for id, events in received.items() if events}
