"""A process that makes calls as fast as they are answered, and counts them.

python -m tests.bench.hammer PORT PATH TOKEN SECONDS

It writes prepared requests to a few connections that stay open and looks at no
more of an answer than it must, so that the server has the machine to itself.
"""

from __future__ import annotations

import json
import random
import re
import selectors
import socket
import sys
import time

from lyticsapp.local.parts import HOST

CONNECTIONS = 8
PREPARED = 5000
USERS = 100_000
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def main(port: str, path: str, token: str, seconds: str) -> None:
    requests = [_request(path, token, number) for number in range(PREPARED)]
    hammer = Hammer(int(port), requests)
    print(json.dumps({"calls_per_s": hammer.run(float(seconds))}))  # noqa: T201


def _request(path: str, token: str, number: int) -> bytes:
    event = {
        "user_id": f"user-{random.Random(number).randrange(USERS)}",
        "page": f"/pricing/{number}",
        "visits": number,
        "plan": "pro",
    }
    body = json.dumps(event)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


class Hammer:
    """Several connections, each with one call under way."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.port = port
        self.requests = requests
        self.answered = 0
        self.selector = selectors.DefaultSelector()

    def run(self, seconds: float) -> float:
        """Calls a second over this time."""
        for _ in range(CONNECTIONS):
            self._connect()
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            for key, _ in self.selector.select(timeout=1):
                self._read(key)
        return self.answered / passed

    def _connect(self) -> None:
        connection = socket.create_connection((HOST, self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(connection, selectors.EVENT_READ, bytearray())
        self._call(connection)

    def _call(self, connection: socket.socket) -> None:
        connection.sendall(self.requests[self.answered % len(self.requests)])

    def _read(self, key: selectors.SelectorKey) -> None:
        connection, answer = key.fileobj, key.data
        assert isinstance(connection, socket.socket)
        received = connection.recv(65536)
        answer += received
        if not received:
            self.selector.unregister(connection)
            connection.close()
            self._connect()
        elif _is_whole(answer):
            if not answer.startswith(b"HTTP/1.1 200"):
                sys.exit(f"a call was answered: {bytes(answer[:500])!r}")
            answer.clear()
            self.answered += 1
            self._call(connection)


def _is_whole(answer: bytearray) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = LENGTH.search(answer, 0, end + 2)
    assert length is not None, "answers are expected to tell their length"
    return len(answer) >= end + 4 + int(length[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
