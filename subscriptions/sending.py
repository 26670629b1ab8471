"""Sending messages by their channel, whoever asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson
from django.utils import timezone

from subscriptions.channel import Limits, Message
from subscriptions.destination import Destination
from subscriptions.outcome import Outcome, Permanent

LARGEST_NAMED = 5


def send(messages: Sequence[Message], target: Destination) -> list[Outcome]:
    """What came of each, in order; one over the channel's limit is not sent."""
    channel = target.channel
    outcomes: dict[UUID, Outcome] = {}
    requests = {}
    for message in messages:
        if len(message.body) > target.limits.message_bytes:
            verdict = Permanent(_too_large(message, target.limits))
            outcomes[message.id] = Outcome(verdict, timezone.now(), latency_ms=0)
        else:
            requests[message.id] = channel.format(
                message, target.config, target.credentials
            )
    if requests:
        sent = channel.send(list(requests.values()), target.config, target.credentials)
        for message_id, outcome in zip(requests, sent, strict=True):
            outcomes[message_id] = target.without_secrets(outcome)
    return [outcomes[message.id] for message in messages]


def _too_large(message: Message, limits: Limits) -> str:
    """Why a message is not sent, and what makes it so large."""
    data = message.content["data"]
    sizes = {name: len(orjson.dumps(value)) for name, value in data.items()}
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:LARGEST_NAMED]
    named = ", ".join(f"{name} ({sizes[name]:,} bytes)" for name in largest)
    return (
        f"the message has {len(message.body):,} bytes, the most is "
        f"{limits.message_bytes:,}; its largest fields are {named}"
    )
