"""$cbs: claims-based security, where a peer puts the tokens it was given.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
"""

from __future__ import annotations

from lyticsapp.local.cloud.eventhubs import messages
from lyticsapp.local.cloud.eventhubs.access import Grant
from lyticsapp.local.cloud.eventhubs.codec import Int
from lyticsapp.local.cloud.eventhubs.errors import EventHubsError, MalformedError
from lyticsapp.local.cloud.eventhubs.messages import Message
from lyticsapp.local.cloud.eventhubs.namespace import Namespace

NODE = "$cbs"
TYPES = ("servicebus.windows.net:sastoken", "jwt")


def answer(request: Message, namespace: Namespace, grants: list[Grant]) -> bytes:
    """Take a token, adding what it grants; the message that says how that went."""
    try:
        grants.append(_put_token(request, namespace))
    except EventHubsError as error:
        return _reply(request, error.status, str(error))
    return _reply(request, 202, "Accepted")


def _put_token(request: Message, namespace: Namespace) -> Grant:
    asked = request.application_properties
    if asked.get("operation") != "put-token":
        raise MalformedError(f"The operation {asked.get('operation')!r} is unknown.")
    if asked.get("type") not in TYPES:
        raise MalformedError(f"The token type {asked.get('type')!r} is unknown.")
    if not isinstance(request.value, str):
        raise MalformedError("The body is no token.")
    return namespace.grant(request.value)


def _reply(request: Message, status: int, description: str) -> bytes:
    return messages.reply(
        request, {"status-code": Int(status), "status-description": description}
    )
