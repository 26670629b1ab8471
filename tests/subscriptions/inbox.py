"""A web server that keeps what is sent to it, and answers as it is told."""

from __future__ import annotations

import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import trustme

from lyticsapp.network import outgoing
from tests.serving import Serving

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Arrival:
    """A request as it came."""

    at: float
    method: str
    path: str
    headers: Message
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def events(self) -> list[str]:
        return [event["event"] for event in self.json["data"]["segment_events"]]


@dataclass(frozen=True)
class Reply:
    """How a request is answered."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait_for: threading.Event | None = None
    raw: Callable[[BaseHTTPRequestHandler], None] | None = None
    """Writes an answer of its own making."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of senders that have gone away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Inbox(Serving):
    """Receives until the block ends; `answer` decides the reply to each arrival."""

    def __init__(self, answer: Callable[[Arrival], Reply] | None = None) -> None:
        self.arrivals: list[Arrival] = []
        self.answer = answer or (lambda arrival: Reply())
        self._http = _Server((HOST, 0), self._handler())
        super().__init__(self._http)

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.origin}/hook"

    def secure(self, certificate: trustme.LeafCert) -> None:
        """Speak TLS from now on."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)

    def of(self, user_id: str) -> list[Arrival]:
        """What arrived about one user, in order."""
        return [a for a in self.arrivals if a.json["data"].get("user_id") == user_id]

    def __exit__(self, *_: object) -> None:
        outgoing.close_idle()
        super().__exit__()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                arrival = Arrival(
                    at=time.perf_counter(),
                    method=self.command,
                    path=self.path,
                    headers=self.headers,
                    body=self.rfile.read(length),
                    connection=self.client_address[1],
                )
                reply = inbox.answer(arrival)
                inbox.arrivals.append(arrival)
                if reply.wait_for is not None:
                    reply.wait_for.wait(30)
                if reply.raw is not None:
                    reply.raw(self)
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                return

        return Handler
