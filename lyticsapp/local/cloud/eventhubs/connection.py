"""A connection of a peer that speaks AMQP, from its header to its close."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from lyticsapp.local.cloud.eventhubs import frames, sasl
from lyticsapp.local.cloud.eventhubs.codec import Symbol, UInt, UShort
from lyticsapp.local.cloud.eventhubs.endpoints import Endpoints
from lyticsapp.local.cloud.eventhubs.errors import EventHubsError, MalformedError
from lyticsapp.local.cloud.eventhubs.namespace import Namespace
from lyticsapp.local.cloud.eventhubs.performatives import (
    Begin,
    Close,
    End,
    Error,
    Open,
    Performative,
)
from lyticsapp.local.cloud.eventhubs.session import Session
from lyticsapp.local.cloud.eventhubs.streams import ByteStream

HANDSHAKE_TIMEOUT_S = 30
# Azure ends a connection on which nothing came for four minutes.
IDLE_TIMEOUT_S = 240
MIN_FRAME_BYTES = 512
MAX_SESSIONS = 100


class Connection:
    """Serves one peer."""

    def __init__(self, stream: ByteStream, namespace: Namespace) -> None:
        self.max_frame_bytes = frames.MAX_FRAME_BYTES
        self._stream = stream
        self._namespace = namespace
        self._sessions: dict[int, Session] = {}
        self._tasks = asyncio.TaskGroup()

    async def serve(self) -> None:
        """Serve until the peer closes; errors of the carrier are raised."""
        async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
            grants = await sasl.negotiate(self._stream, self._namespace)
            opened = (await frames.read(self._stream)).body
            if not isinstance(opened, Open):
                raise MalformedError("A connection begins with open.")
            await self._open(opened)
        endpoints = Endpoints(self._namespace, grants)
        async with self._tasks:
            heart = self.start(self._beat(opened.idle_timeout))
            try:
                await self._take_frames(endpoints)
            finally:
                heart.cancel()
                for session in self._sessions.values():
                    session.end()

    async def send(
        self, channel: int, body: Performative, payload: bytes = b""
    ) -> None:
        await self._stream.write(frames.pack(body, channel=channel, payload=payload))

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._tasks.create_task(work)

    async def _open(self, opened: Open) -> None:
        wanted = opened.max_frame_size or frames.MAX_FRAME_BYTES
        if wanted < MIN_FRAME_BYTES:
            raise MalformedError(f"Frames hold {MIN_FRAME_BYTES} bytes or more.")
        self.max_frame_bytes = min(wanted, frames.MAX_FRAME_BYTES)
        await self.send(
            0,
            Open(
                container_id="lyticsapp-eventhubs",
                hostname=opened.hostname,
                max_frame_size=UInt(frames.MAX_FRAME_BYTES),
                channel_max=UShort(MAX_SESSIONS - 1),
                idle_timeout=UInt(IDLE_TIMEOUT_S * 1000),
            ),
        )

    async def _beat(self, idle_timeout_ms: int | None) -> None:
        """Keep the peer from taking silence for death."""
        while idle_timeout_ms:
            await asyncio.sleep(idle_timeout_ms / 1000 / 2)
            await self._stream.write(frames.EMPTY)

    async def _take_frames(self, endpoints: Endpoints) -> None:
        try:
            while await self._take_frame(endpoints):
                pass
        except EventHubsError as error:
            await self.send(0, Close(error=Error.of(error)))
        except TimeoutError:
            reason = f"Nothing came for {IDLE_TIMEOUT_S} seconds."
            forced = Symbol("amqp:connection:forced")
            await self.send(0, Close(error=Error(condition=forced, description=reason)))

    async def _take_frame(self, endpoints: Endpoints) -> bool:
        """Act on the next frame; whether there is more to come."""
        async with asyncio.timeout(IDLE_TIMEOUT_S):
            frame = await frames.read(self._stream)
        match frame.body:
            case None:
                pass
            case Begin():
                await self._begin(frame.channel, frame.body, endpoints)
            case End():
                self._session(frame.channel).end()
                del self._sessions[frame.channel]
                await self.send(frame.channel, End())
            case Close():
                await self.send(0, Close())
                return False
            case body:
                await self._session(frame.channel).take(body, frame.payload)
        return True

    async def _begin(self, channel: int, begin: Begin, endpoints: Endpoints) -> None:
        if channel in self._sessions or len(self._sessions) >= MAX_SESSIONS:
            raise MalformedError(f"No session can begin on channel {channel}.")
        session = Session(self, channel, begin, endpoints)
        self._sessions[channel] = session
        await session.begin()

    def _session(self, channel: int) -> Session:
        if channel not in self._sessions:
            raise MalformedError(f"No session is on channel {channel}.")
        return self._sessions[channel]
