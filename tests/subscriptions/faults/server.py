"""An HTTP server whose answers go wrong as a schedule says.

    with Misbehaving(service, schedule) as server:
        ...  # at server.url

What takes the requests is a `Service`: one that passes them on, which makes a proxy of
it, or one that keeps them. Requests that are no sends, such as those for credentials,
always go well.
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import struct
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from lyticsapp.local.parts import HOST
from tests.serving import Serving
from tests.subscriptions.faults.schedule import Fault, Schedule, Strike

SLOW_S = 0.03
PATIENCE_S = 10.0
"""How long a caller is waited for that is to give up by itself."""
CHUNK_BYTES = 65_536
NOT_PASSED_ON = frozenset({"connection", "transfer-encoding", "content-length"})
HTML = {"Content-Type": "text/html"}


@dataclass(frozen=True)
class Request:
    """A request with the whole of its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer with the whole of its body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def as_bytes(self) -> bytes:
        reason = http.client.responses[self.status]
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines += [
            f"{name}: {value}"
            for name, value in self.headers.items()
            if name.lower() not in NOT_PASSED_ON
        ]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


BAD_GATEWAY = Answer(502, HTML, b"<html>the backend is not there</html>")


class Service(Protocol):
    """What is behind the server."""

    def sends(self, request: Request) -> bool:
        """Whether a request sends messages."""

    def take(self, request: Request) -> Answer:
        """Take all of it."""

    def take_some(self, request: Request, strike: Strike) -> Answer:
        """Take what does not fail; the answer tells which."""

    def refusal(self, strike: Strike) -> Answer:
        """How an error, a throttling or the end of credentials is told."""


class Beyond:
    """A web server that requests are passed on to, one after the other.

    So nobody who gave up and sent again overtakes what they had sent before.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(*self._address, timeout=PATIENCE_S)
        with self._lock, closing(connection):
            connection.request(
                request.method, request.path, request.body, dict(request.headers)
            )
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())


class Misbehaving(Serving):
    """Serves until the block ends."""

    def __init__(
        self,
        service: Service,
        schedule: Schedule,
        *,
        beyond: tuple[str, int] | None = None,
    ) -> None:
        """Connections that become other than HTTP are passed on as they are."""
        self._service = service
        self._schedule = schedule
        self._beyond = beyond
        server = _Server((HOST, 0), self._handler())
        super().__init__(server)
        self.host = f"{HOST}:{server.server_address[1]}"
        self.url = f"http://{self.host}"

    def _serve(self, caller: Caller, request: Request) -> None:
        if not self._service.sends(request):
            caller.tell(self._service.take(request).as_bytes())
            return
        strike = self._schedule.next()
        match strike.fault:
            case Fault.RESET:
                caller.leave(strike)
            case Fault.SILENT:
                caller.gives_up()
                caller.leave(strike)
            case Fault.GATEWAY:
                caller.tell(BAD_GATEWAY.as_bytes())
            case Fault.ERROR | Fault.UNAVAILABLE | Fault.THROTTLE | Fault.EXPIRED:
                caller.tell(self._service.refusal(strike).as_bytes())
            case Fault.PARTIAL:
                caller.tell(self._service.take_some(request, strike).as_bytes())
            case _:
                _answer(caller, strike, self._service.take(request).as_bytes())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                caller = Caller(self)
                if "Upgrade" in self.headers and outer._beyond is not None:
                    caller.pass_on(outer._beyond)
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = dict(self.headers)
                request = Request(self.command, self.path, headers, body)
                outer._serve(caller, request)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                return

        return Handler


class Caller:
    """Who has sent a request."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler
        self._socket = handler.connection

    def tell(self, data: bytes) -> None:
        with suppress(OSError):  # it has gone
            self._socket.sendall(data)

    def leave(self, strike: Strike) -> None:
        """End the connection."""
        self._handler.close_connection = True
        if strike.abruptly:
            no_time = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
            os.close(self._socket.detach())
        else:
            with suppress(OSError):  # it has gone
                self._socket.shutdown(socket.SHUT_RDWR)

    def gives_up(self) -> None:
        """Wait until it does."""
        gone, _, _ = select.select([self._socket], [], [], PATIENCE_S)
        assert gone, "the caller waits for ever"

    def pass_on(self, beyond: tuple[str, int]) -> None:
        """Pass on what both sides say until one of them ends it."""
        self._handler.close_connection = True
        headers = [f"{name}: {value}" for name, value in self._handler.headers.items()]
        head = "\r\n".join([self._handler.requestline, *headers, "", ""])
        with socket.create_connection(beyond) as far:
            far.sendall(head.encode())
            there = threading.Thread(target=_copy, args=(self._socket, far))
            there.start()
            _copy(far, self._socket)
            there.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def _answer(caller: Caller, strike: Strike, answer: bytes) -> None:
    """Answer what was taken, or not quite."""
    match strike.fault:
        case Fault.FORGET:
            caller.leave(strike)
        case Fault.CUT:
            caller.tell(answer[: int(len(answer) * (1 - strike.share))])
            caller.leave(strike)
        case Fault.LATE:
            caller.gives_up()
            caller.leave(strike)
        case Fault.SLOW:
            threading.Event().wait(SLOW_S)
            caller.tell(answer)
        case _:
            caller.tell(answer)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # one of the two has ended it
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
