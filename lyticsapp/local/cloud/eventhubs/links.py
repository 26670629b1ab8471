"""Links: messages one way, as many as the receiving end gave credit for."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from lyticsapp.local.cloud.eventhubs.codec import UInt
from lyticsapp.local.cloud.eventhubs.errors import DetachedError, EventHubsError
from lyticsapp.local.cloud.eventhubs.namespace import MAX_SEND_BYTES, check_size
from lyticsapp.local.cloud.eventhubs.performatives import (
    Accepted,
    Disposition,
    Error,
    Flow,
    Performative,
    Rejected,
    Transfer,
)

CREDIT = 300

Take = Callable[[bytes, int], Awaitable[None]]


class LinkSession(Protocol):
    """What a link needs of the session it is in."""

    async def send(self, body: Performative) -> None: ...

    async def send_flow(
        self, *, handle: UInt, delivery_count: UInt, credit: UInt
    ) -> None: ...

    async def send_message(self, content: bytes, *, handle: UInt, tag: bytes) -> None:
        """Send a message in as many frames as it needs, when the window is open."""

    async def flowed(self) -> None:
        """Wait for the next flow of the peer."""


class IncomingLink:
    """The peer sends; `take` gets each message and its format, and may refuse it."""

    def __init__(
        self, session: LinkSession, handle: UInt, delivery_count: int, *, take: Take
    ) -> None:
        self._session = session
        self._handle = handle
        self._take = take
        self._delivery_count = delivery_count
        self._credit = 0
        self._first = Transfer(handle=handle)
        self._content = bytearray()
        self._size = 0

    async def give_credit(self) -> None:
        self._credit = CREDIT
        await self._session.send_flow(
            handle=self._handle,
            delivery_count=UInt(self._delivery_count),
            credit=UInt(self._credit),
        )

    async def transfer(self, body: Transfer, payload: bytes) -> None:
        """Take a frame; the last one of a message settles it.

        Raises DetachedError where the link is to end instead.
        """
        if body.delivery_id is not None:
            self._first = body
        self._size += len(payload)
        if self._size <= MAX_SEND_BYTES:
            self._content += payload
        if not body.more:
            await self._settle(body.settled or self._first.settled or False)

    async def _settle(self, settled: bool) -> None:
        outcome = await self._outcome(bytes(self._content), self._size)
        self._content.clear()
        self._size = 0
        self._delivery_count += 1
        self._credit -= 1
        if not settled:
            id = self._first.delivery_id or UInt(0)
            await self._session.send(
                Disposition(role=True, first=id, last=id, settled=True, state=outcome)
            )
        if self._credit < CREDIT // 2:
            await self.give_credit()

    async def _outcome(self, content: bytes, size: int) -> Accepted | Rejected:
        try:
            check_size(size)
            await self._take(content, self._first.message_format or 0)
        except DetachedError:
            raise
        except EventHubsError as error:
            return Rejected(error=Error.of(error))
        return Accepted()


class OutgoingLink:
    """The peer receives what `contents` yields."""

    def __init__(
        self, session: LinkSession, handle: UInt, contents: AsyncIterator[bytes]
    ) -> None:
        self._session = session
        self._handle = handle
        self._contents = contents
        self._delivery_count = 0
        self._credit = 0

    def flow(self, body: Flow) -> None:
        """Learn how many messages the peer takes."""
        seen = body.delivery_count or 0
        self._credit = seen + (body.link_credit or 0) - self._delivery_count

    async def run(self) -> None:
        """Send messages for as long as the link lasts."""
        async for content in self._contents:
            while self._credit <= 0:
                await self._session.flowed()
            tag = struct.pack(">I", self._delivery_count)
            self._credit -= 1
            self._delivery_count += 1
            await self._session.send_message(content, handle=self._handle, tag=tag)
