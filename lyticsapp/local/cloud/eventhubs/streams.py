"""A connection as bytes in order, whatever carries them."""

from __future__ import annotations

import asyncio
from typing import Protocol

from lyticsapp.local.cloud.eventhubs.errors import DroppedError

# A peer that takes nothing for so long is given up.
DRAIN_TIMEOUT_S = 30


class ByteStream(Protocol):
    """What AMQP needs of its carrier."""

    async def readexactly(self, count: int) -> bytes: ...

    async def write(self, data: bytes) -> None: ...


class SocketStream:
    """A TCP or TLS connection of which the first bytes were read already."""

    def __init__(
        self,
        start: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._start = start
        self._reader = reader
        self._writer = writer

    async def readexactly(self, count: int) -> bytes:
        start = self._take_start(count)
        return start + await self._reader.readexactly(count - len(start))

    async def readuntil(self, end: bytes) -> bytes:
        return self._take_start() + await self._reader.readuntil(end)

    def _take_start(self, count: int | None = None) -> bytes:
        taken = self._start[:count]
        self._start = self._start[len(taken) :]
        return taken

    async def write(self, data: bytes) -> None:
        """Send all of it; waits while the peer takes nothing."""
        self._writer.write(data)
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await self._writer.drain()
        except TimeoutError as error:
            raise DroppedError from error
