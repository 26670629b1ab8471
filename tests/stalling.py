"""A proxy that falls silent: it keeps connections open and answers nothing more.

with Stalling(host, port) as proxy:
    proxy.fall_silent(after_bytes=100)     # of what each new connection is answered
    proxy.fall_silent()                    # each connection, at once
    proxy.speak()                          # for new connections
"""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536
ENDLESS = 2**62


@dataclass
class _Answer:
    """What a connection may still be answered, in bytes."""

    left: int

    def cut(self, data: bytes) -> bytes:
        passed = data[: self.left]
        self.left -= len(passed)
        return passed


class Stalling:
    """Passes on what two sides say until the block ends, or falls silent."""

    def __init__(self, host: str, port: int) -> None:
        self._beyond = (host, port)
        self._each_bytes = ENDLESS
        self._answers: list[_Answer] = []
        self._sockets: list[socket.socket] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer._pass_on(self.request)

        self._server = socketserver.ThreadingTCPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def fall_silent(self, *, after_bytes: int | None = None) -> None:
        self._each_bytes = after_bytes or 0
        if after_bytes is None:
            for each in self._answers:
                each.left = 0

    def speak(self) -> None:
        self._each_bytes = ENDLESS

    def _pass_on(self, near: socket.socket) -> None:
        answer = _Answer(self._each_bytes)
        with near, socket.create_connection(self._beyond) as far:
            self._answers.append(answer)
            self._sockets += [near, far]
            question = threading.Thread(
                target=_copy, args=(near, far, _Answer(ENDLESS)), daemon=True
            )
            question.start()
            _copy(far, near, answer)
            question.join()


def _copy(source: socket.socket, target: socket.socket, answer: _Answer) -> None:
    with suppress(OSError):  # one of the two has ended it
        while data := source.recv(CHUNK_BYTES):
            target.sendall(answer.cut(data))
        target.shutdown(socket.SHUT_WR)
