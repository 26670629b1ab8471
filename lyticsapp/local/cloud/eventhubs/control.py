"""What the stand-in can be asked and told beyond what Azure can.

GET, POST /local-azure/behaviour           {"answer": "throttle", "delay": 2, "rate": 0.5}
GET       /local-azure/hubs                the event hubs and how much each partition holds
PUT       /local-azure/hubs/<name>         {"partitions": 4} makes an event hub
GET       /local-azure/hubs/<name>/events  the events it holds, as JSON (`last=NUMBER`)
DELETE    /local-azure/connections         ends every AMQP connection without a word
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from lyticsapp.local.cloud.behaviour import BehaviourError
from lyticsapp.local.cloud.eventhubs.behaviour import Behaviour
from lyticsapp.local.cloud.eventhubs.errors import (
    EventHubsError,
    MalformedError,
    NotFoundError,
)
from lyticsapp.local.cloud.eventhubs.http import Request, Response
from lyticsapp.local.cloud.eventhubs.hub import Event, EventHub
from lyticsapp.local.cloud.eventhubs.namespace import Namespace

ROOT = "local-azure"
PARTITIONS = 4
SHOWN_EVENTS = 100


def answer(
    request: Request, namespace: Namespace, *, drop: Callable[[], None]
) -> Response:
    """Do as asked, or say in one sentence why not."""
    try:
        return _answer(request, namespace, drop)
    except (EventHubsError, BehaviourError) as error:
        status = error.status if isinstance(error, EventHubsError) else 400
        return Response.of_json({"message": str(error)}, status=status)


def _answer(
    request: Request, namespace: Namespace, drop: Callable[[], None]
) -> Response:
    match request.method, request.path.split("/")[2:]:
        case "GET", ["behaviour"]:
            return Response.of_json(asdict(namespace.behaviour))
        case "POST", ["behaviour"]:
            namespace.behaviour = Behaviour.parse(request.json())
            return Response.of_json(asdict(namespace.behaviour))
        case "GET", ["hubs"]:
            return Response.of_json([_hub(hub) for hub in namespace.hubs.values()])
        case "PUT", ["hubs", name]:
            hub = namespace.create_hub(name, partition_count=_partitions(request))
            return Response.of_json(_hub(hub), status=201)
        case "GET", ["hubs", name, "events"]:
            return Response.of_json(_events(namespace.hub(name), request))
        case "DELETE", ["connections"]:
            drop()
            return Response(status=204)
    raise NotFoundError(f"Nothing is at {request.method} {request.path}.")


def _partitions(request: Request) -> int:
    given = request.json() if request.body else {}
    count = given.get("partitions", PARTITIONS) if isinstance(given, dict) else None
    if not isinstance(count, int):
        raise MalformedError("partitions: send a whole number.")
    return count


def _hub(hub: EventHub) -> dict[str, Any]:
    counts = {id: len(part.events) for id, part in hub.partitions.items()}
    return {"name": hub.name, "partitions": counts}


def _events(hub: EventHub, request: Request) -> list[dict[str, Any]]:
    last = request.query.get("last", str(SHOWN_EVENTS))
    if not last.isdecimal():
        raise MalformedError("last: send a whole number.")
    found = [
        _event(partition.id, event)
        for partition in hub.partitions.values()
        for event in partition.events
    ]
    found.sort(key=lambda event: event["enqueued_at_ms"])
    return found[-int(last) :] if int(last) else []


def _event(partition_id: str, event: Event) -> dict[str, Any]:
    return {
        "partition": partition_id,
        "sequence_number": event.sequence_number,
        "enqueued_at_ms": event.enqueued_at_ms,
        "partition_key": event.partition_key,
        "body": event.body.decode(errors="replace"),
    }
