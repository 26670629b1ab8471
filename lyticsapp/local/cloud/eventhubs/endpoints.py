"""What the links of a connection lead to, as far as its tokens allow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from lyticsapp.local.cloud.eventhubs import (
    addresses,
    cbs,
    events,
    management,
    messages,
    positions,
)
from lyticsapp.local.cloud.eventhubs.access import Claim, Grant
from lyticsapp.local.cloud.eventhubs.errors import BusyError, NotFoundError
from lyticsapp.local.cloud.eventhubs.hub import EventHub
from lyticsapp.local.cloud.eventhubs.links import Take
from lyticsapp.local.cloud.eventhubs.namespace import Namespace, check_access
from lyticsapp.local.cloud.eventhubs.performatives import Source, Target

MAX_REPLIES = 100

Replies = asyncio.Queue[bytes]


class Endpoints:
    """The event hubs and nodes that one connection may use."""

    def __init__(self, namespace: Namespace, grants: list[Grant]) -> None:
        self._namespace = namespace
        self._grants = grants

    def take_at(self, target: Target, replies: dict[str, Replies]) -> Take:
        """What takes the messages sent to a target."""
        address = addresses.parse(target.address)
        if address.node:
            return partial(self._answer, address.node, _queue(replies, address.node))
        check_access(self._grants, Claim.SEND, address.path)
        hub = self._namespace.hub(address.hub)
        if address.partition_id is not None:
            hub.partition(address.partition_id)
        return partial(self._publish, hub, address.partition_id)

    def contents_at(
        self, source: Source, replies: dict[str, Replies]
    ) -> AsyncIterator[bytes]:
        """The messages to be received from a source."""
        address = addresses.parse(source.address)
        if address.node:
            return _each(_queue(replies, address.node))
        check_access(self._grants, Claim.LISTEN, address.path)
        if address.partition_id is None:
            raise NotFoundError("Events are received from a partition: name one.")
        hub = self._namespace.hub(address.hub)
        partition = hub.partition(address.partition_id)
        return events.following(partition, positions.first(source, partition))

    async def _answer(
        self, node: str, replies: Replies, content: bytes, message_format: int
    ) -> None:
        request = messages.read(content)
        if node == cbs.NODE:
            reply = cbs.answer(request, self._namespace, self._grants)
        else:
            reply = management.answer(request, self._namespace)
        try:
            replies.put_nowait(reply)
        except asyncio.QueueFull as error:
            raise BusyError(f"Nobody takes the replies of {node}.") from error

    async def _publish(
        self,
        hub: EventHub,
        partition_id: str | None,
        content: bytes,
        message_format: int,
    ) -> None:
        contents, key = events.read(content, message_format)
        await self._namespace.send(
            hub, contents, partition_key=key, partition_id=partition_id
        )


def _queue(replies: dict[str, Replies], node: str) -> Replies:
    return replies.setdefault(node, asyncio.Queue(MAX_REPLIES))


async def _each(replies: Replies) -> AsyncIterator[bytes]:
    while True:
        yield await replies.get()
