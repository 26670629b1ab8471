"""A receiver of webhooks, in a thread: it keeps each body with the time it came."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from lyticsapp.local.parts import HOST

START_TIMEOUT_S = 10
LENGTH = b"content-length:"
ANSWERS = {
    status: f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()
    for status in (200, 500, 503)
}


@dataclass(frozen=True, slots=True)
class Received:
    """A webhook as it came: when, by `time.perf_counter`, and what it said."""

    at: float
    body: bytes
    answered: int


class Receiver:
    """Receives until the block ends; `answer` decides the status of each webhook."""

    def __init__(self, answer: Callable[[bytes], int] = lambda body: 200) -> None:
        self.received: list[Received] = []
        self.url = ""
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(START_TIMEOUT_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        connections: set[asyncio.Transport] = set()
        server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: _Connection(self._take, connections), HOST, 0
            )
        )
        self.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}/"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for connection in connections:
            connection.abort()
        self._loop.run_until_complete(asyncio.sleep(0))  # lets them be closed

    def _take(self, body: bytes) -> bytes:
        at = time.perf_counter()
        status = self._answer(body)
        self.received.append(Received(at, body, status))
        return ANSWERS[status]


class _Connection(asyncio.Protocol):
    """Reads requests that tell their length, one after the other."""

    def __init__(
        self, take: Callable[[bytes], bytes], connections: set[asyncio.Transport]
    ) -> None:
        self._take = take
        self._connections = connections
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = _length(self._buffer[:end])
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._transport.write(self._take(body))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(LENGTH):
            return int(line[len(LENGTH) :])
    return 0
