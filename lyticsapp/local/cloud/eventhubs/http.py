"""HTTP/1.1 as far as callers of Event Hubs use it: bodies that tell their length."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message as Headers
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from lyticsapp.local.cloud.eventhubs.errors import MalformedError, TooLargeError
from lyticsapp.local.cloud.eventhubs.streams import SocketStream

HEAD_END = b"\r\n\r\n"
KEEP_ALIVE_S = 60
# Somewhat above what a send may hold, so that the caller is told instead of cut off.
MAX_BODY_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    """A request with the whole of its body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Headers
    body: bytes

    def form(self) -> dict[str, str]:
        """The fields of a form that was posted."""
        return dict(parse_qsl(self.body.decode(errors="replace")))

    def json(self) -> Any:
        """The body as JSON; MalformedError where it is none."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise MalformedError(f"The body is not JSON: {error}.") from error


@dataclass(frozen=True)
class Response:
    """An answer with its body."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, content: Any, *, status: int = 200) -> Response:
        body = json.dumps(content, indent=2).encode()
        return cls(status=status, body=body, content_type="application/json")

    def as_bytes(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            lines += [
                f"Content-Type: {self.content_type}",
                f"Content-Length: {len(self.body)}",
            ]
        return "\r\n".join(lines).encode() + HEAD_END + self.body


async def read(stream: SocketStream) -> Request:
    """The next request; MalformedError or TooLargeError where it cannot be read."""
    async with asyncio.timeout(KEEP_ALIVE_S):
        line, _, rest = (await stream.readuntil(HEAD_END)).partition(b"\r\n")
        headers = http.client.parse_headers(io.BytesIO(rest))
        body = await stream.readexactly(_body_bytes(headers))
    parts = line.decode("latin-1").split(" ")
    if len(parts) != 3:
        raise MalformedError("The request line cannot be read.")
    address = urlsplit(parts[1])
    return Request(
        method=parts[0],
        path=unquote(address.path).rstrip("/"),
        query=dict(parse_qsl(address.query)),
        headers=headers,
        body=body,
    )


def _body_bytes(headers: Headers) -> int:
    given = headers.get("Content-Length", "0")
    if "Transfer-Encoding" in headers or not given.isdecimal():
        raise MalformedError("Send the body whole, with its Content-Length.")
    if int(given) > MAX_BODY_BYTES:
        raise TooLargeError(f"A body of {given} bytes is not read.")
    return int(given)
