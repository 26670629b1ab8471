"""Sends over HTTPS, and the token endpoint of Entra ID.

https://learn.microsoft.com/rest/api/eventhub/send-event
https://learn.microsoft.com/rest/api/eventhub/send-batch-events
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from lyticsapp.local.cloud.eventhubs import messages
from lyticsapp.local.cloud.eventhubs.access import Claim, Grant
from lyticsapp.local.cloud.eventhubs.entra import TokenError
from lyticsapp.local.cloud.eventhubs.errors import (
    EventHubsError,
    MalformedError,
    NotFoundError,
    UnauthorizedError,
)
from lyticsapp.local.cloud.eventhubs.http import Request, Response
from lyticsapp.local.cloud.eventhubs.namespace import (
    Namespace,
    check_access,
    check_size,
)

BATCH_TYPE = "application/vnd.microsoft.servicebus.json"
BEARER = "Bearer "


async def answer(request: Request, namespace: Namespace) -> Response:
    """What Azure would answer to a request."""
    match request.method, request.path.split("/")[1:]:
        case "POST", [hub, "messages"]:
            return await _send(request, namespace, hub)
        case "POST", [hub, "partitions", id, "messages"]:
            return await _send(request, namespace, hub, partition_id=id)
        case "POST", [tenant, "oauth2", "v2.0", "token"]:
            return _token(request, namespace, tenant)
    return refusal(NotFoundError("The requested resource does not exist."))


def refusal(error: EventHubsError) -> Response:
    """An error as the XML that Azure answers."""
    detail = escape(str(error))
    text = f"<Error><Code>{error.status}</Code><Detail>{detail}</Detail></Error>"
    return Response(
        status=error.status,
        body=text.encode(),
        content_type="application/xml; charset=utf-8",
    )


async def _send(
    request: Request, namespace: Namespace, hub: str, *, partition_id: str | None = None
) -> Response:
    try:
        check_access([_grant(request, namespace)], Claim.SEND, hub)
        check_size(len(request.body))
        await namespace.send(
            namespace.hub(hub),
            _contents(request),
            partition_key=_partition_key(request),
            partition_id=partition_id,
        )
    except EventHubsError as error:
        return refusal(error)
    return Response(status=201, content_type="application/xml; charset=utf-8")


def _grant(request: Request, namespace: Namespace) -> Grant:
    header = request.headers.get("Authorization", "")
    if not header:
        raise UnauthorizedError("MissingToken: The Authorization header is missing.")
    return namespace.grant(header.removeprefix(BEARER))


def _partition_key(request: Request) -> str | None:
    header = request.headers.get("BrokerProperties")
    if header is None:
        return None
    try:
        properties = json.loads(header)
    except ValueError as error:
        raise MalformedError(f"BrokerProperties is not JSON: {error}.") from error
    if not isinstance(properties, dict):
        raise MalformedError("BrokerProperties is not a JSON object.")
    key = properties.get("PartitionKey")
    return None if key is None else str(key)


def _contents(request: Request) -> list[bytes]:
    if not request.headers.get("Content-Type", "").startswith(BATCH_TYPE):
        return [_message(request.body, {})]
    entries = request.json()
    if not isinstance(entries, list) or not entries:
        raise MalformedError("A batch is a JSON array of messages.")
    return [_entry(entry) for entry in entries]


def _entry(entry: Any) -> bytes:
    if not isinstance(entry, dict) or not isinstance(entry.get("Body"), str):
        raise MalformedError("Each message of a batch has a Body that is a string.")
    properties = entry.get("UserProperties", {})
    if not isinstance(properties, dict):
        raise MalformedError("UserProperties is not a JSON object.")
    for name, value in properties.items():
        if not _is_simple(value):
            raise MalformedError(f"UserProperties: {name} is of no simple type.")
    return _message(entry["Body"].encode(), properties)


def _is_simple(value: Any) -> bool:
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, str | float)


def _message(body: bytes, properties: Mapping[str, Any]) -> bytes:
    head = b""
    if properties:
        head = messages.section(messages.APPLICATION_PROPERTIES, properties)
    return head + messages.section(messages.DATA, body)


def _token(request: Request, namespace: Namespace, tenant: str) -> Response:
    try:
        issued = namespace.application.issue(tenant, request.form())
    except TokenError as error:
        refused = {"error": error.error, "error_description": str(error)}
        return Response.of_json(refused, status=error.status)
    return Response.of_json(issued)
