"""A session: the links of a channel, and how many frames the peer takes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from lyticsapp.local.cloud.eventhubs.codec import UInt, ULong, UShort
from lyticsapp.local.cloud.eventhubs.endpoints import Endpoints, Replies
from lyticsapp.local.cloud.eventhubs.errors import (
    DetachedError,
    EventHubsError,
    MalformedError,
)
from lyticsapp.local.cloud.eventhubs.links import IncomingLink, OutgoingLink
from lyticsapp.local.cloud.eventhubs.namespace import MAX_SEND_BYTES
from lyticsapp.local.cloud.eventhubs.performatives import (
    Attach,
    Begin,
    Detach,
    Error,
    Flow,
    Performative,
    Source,
    Target,
    Transfer,
)

# What links get is bounded by their credit; the session's window is never the limit.
WINDOW = UInt(2**31 - 1)
HANDLE_MAX = UInt(255)
# More than a transfer's own fields take in a frame.
TRANSFER_BYTES = 128


class Channel(Protocol):
    """What a session needs of its connection."""

    max_frame_bytes: int

    async def send(
        self, channel: int, body: Performative, payload: bytes = b""
    ) -> None: ...

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run until it is cancelled or the connection ends."""


class Session:
    """One session, on the channel that the peer chose."""

    def __init__(
        self, connection: Channel, channel: int, begin: Begin, endpoints: Endpoints
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._endpoints = endpoints
        self._replies: dict[str, Replies] = {}
        self._incoming: dict[int, IncomingLink] = {}
        self._outgoing: dict[int, tuple[OutgoingLink, asyncio.Task[None]]] = {}
        self._next_incoming_id = begin.next_outgoing_id
        self._next_outgoing_id = 0
        self._next_delivery_id = 0
        self._window_end: int = begin.incoming_window
        self._flowed = asyncio.Event()

    async def begin(self) -> None:
        await self.send(
            Begin(
                remote_channel=UShort(self._channel),
                next_outgoing_id=UInt(self._next_outgoing_id),
                incoming_window=WINDOW,
                outgoing_window=WINDOW,
                handle_max=HANDLE_MAX,
            )
        )

    async def take(self, body: Performative, payload: bytes) -> None:
        """Act on a frame of this channel."""
        match body:
            case Attach():
                await self._attach(body)
            case Flow():
                self._flow(body)
            case Transfer():
                self._next_incoming_id = UInt(self._next_incoming_id + 1)
                await self._transfer(body, payload)
            case Detach():
                await self._detach(body)

    def end(self) -> None:
        """Stop whatever its links send."""
        for _, task in self._outgoing.values():
            task.cancel()

    async def send(self, body: Performative, payload: bytes = b"") -> None:
        await self._connection.send(self._channel, body, payload)

    async def send_flow(
        self, *, handle: UInt, delivery_count: UInt, credit: UInt
    ) -> None:
        await self.send(
            Flow(
                next_incoming_id=self._next_incoming_id,
                incoming_window=WINDOW,
                next_outgoing_id=UInt(self._next_outgoing_id),
                outgoing_window=WINDOW,
                handle=handle,
                delivery_count=delivery_count,
                link_credit=credit,
            )
        )

    async def send_message(self, content: bytes, *, handle: UInt, tag: bytes) -> None:
        room = self._connection.max_frame_bytes - TRANSFER_BYTES
        delivery_id = UInt(self._next_delivery_id)
        self._next_delivery_id += 1
        for start in range(0, len(content), room):
            while self._next_outgoing_id >= self._window_end:
                await self.flowed()
            self._next_outgoing_id += 1
            transfer = Transfer(
                handle=handle,
                delivery_id=delivery_id,
                delivery_tag=tag,
                message_format=UInt(0),
                settled=True,
                more=start + room < len(content),
            )
            await self.send(transfer, content[start : start + room])

    async def flowed(self) -> None:
        await self._flowed.wait()

    async def _attach(self, attach: Attach) -> None:
        if attach.handle in self._incoming or attach.handle in self._outgoing:
            raise MalformedError(f"The handle {attach.handle} is in use.")
        try:
            if attach.role:
                await self._attach_outgoing(attach, attach.source or Source())
            else:
                await self._attach_incoming(attach, attach.target or Target())
        except EventHubsError as error:
            await self._refuse(attach, error)

    async def _attach_outgoing(self, attach: Attach, source: Source) -> None:
        contents = self._endpoints.contents_at(source, self._replies)
        link = OutgoingLink(self, attach.handle, contents)
        await self.send(_accepted(attach))
        task = self._connection.start(link.run())
        self._outgoing[attach.handle] = link, task

    async def _attach_incoming(self, attach: Attach, target: Target) -> None:
        take = self._endpoints.take_at(target, self._replies)
        count = attach.initial_delivery_count or 0
        link = IncomingLink(self, attach.handle, count, take=take)
        self._incoming[attach.handle] = link
        await self.send(_accepted(attach))
        await link.give_credit()

    async def _refuse(self, attach: Attach, error: EventHubsError) -> None:
        """Attach to nothing and detach with the reason, as AMQP has it."""
        await self.send(
            Attach(
                name=attach.name,
                handle=attach.handle,
                role=not attach.role,
                initial_delivery_count=UInt(0),
            )
        )
        reason = Error.of(error)
        await self.send(Detach(handle=attach.handle, closed=True, error=reason))

    async def _transfer(self, body: Transfer, payload: bytes) -> None:
        try:
            await self._incoming_link(body.handle).transfer(body, payload)
        except DetachedError as error:
            del self._incoming[body.handle]
            reason = Error.of(error)
            await self.send(Detach(handle=body.handle, closed=True, error=reason))

    def _flow(self, flow: Flow) -> None:
        self._window_end = (flow.next_incoming_id or 0) + flow.incoming_window
        if flow.handle in self._outgoing:
            self._outgoing[flow.handle][0].flow(flow)
        self._flowed.set()
        self._flowed = asyncio.Event()

    def _incoming_link(self, handle: int) -> IncomingLink:
        if handle not in self._incoming:
            raise MalformedError(f"No link that sends is attached at {handle}.")
        return self._incoming[handle]

    async def _detach(self, detach: Detach) -> None:
        was_incoming = self._incoming.pop(detach.handle, None)
        was_outgoing = self._outgoing.pop(detach.handle, None)
        if was_outgoing is not None:
            was_outgoing[1].cancel()
        if was_incoming or was_outgoing:
            await self.send(Detach(handle=detach.handle, closed=detach.closed))


def _accepted(attach: Attach) -> Attach:
    """The other end of a link, with the same terms."""
    return Attach(
        name=attach.name,
        handle=attach.handle,
        role=not attach.role,
        snd_settle_mode=attach.snd_settle_mode,
        rcv_settle_mode=attach.rcv_settle_mode,
        source=attach.source,
        target=attach.target,
        initial_delivery_count=UInt(0) if attach.role else None,
        max_message_size=ULong(MAX_SEND_BYTES),
        properties=attach.properties,
    )
