"""AMQP over WebSockets: the handshake, and frames as a carrier of bytes.

Sources: RFC 6455; the OASIS AMQP WebSocket binding.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from email.message import Message as Headers

from lyticsapp.local.cloud.eventhubs.errors import DroppedError, MalformedError
from lyticsapp.local.cloud.eventhubs.streams import ByteStream

PATH = "/$servicebus/websocket"
SUBPROTOCOL = "AMQPWSB10"
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, BINARY, CLOSE, PING, PONG = 0x0, 0x2, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
MASK_BYTES = 4
MAX_FRAME_BYTES = 2 * 1024 * 1024


def accept(headers: Headers) -> dict[str, str]:
    """The headers that accept a handshake; MalformedError where it is none."""
    offered = headers.get("Sec-WebSocket-Protocol", "").split(",")
    key = headers.get("Sec-WebSocket-Key")
    if headers.get("Upgrade", "").lower() != "websocket" or not key:
        raise MalformedError("Ask for an upgrade to websocket here.")
    if SUBPROTOCOL not in map(str.strip, offered):
        raise MalformedError(f"Offer the subprotocol {SUBPROTOCOL}.")
    digest = hashlib.sha1((key + GUID).encode(), usedforsecurity=False).digest()
    return {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": base64.b64encode(digest).decode(),
        "Sec-WebSocket-Protocol": SUBPROTOCOL,
    }


class WebSocketStream:
    """The bytes in the binary frames of an accepted WebSocket."""

    def __init__(self, carrier: ByteStream) -> None:
        self._carrier = carrier
        self._received = bytearray()

    async def readexactly(self, count: int) -> bytes:
        while len(self._received) < count:
            self._received += await self._payload()
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    async def write(self, data: bytes) -> None:
        await self._carrier.write(_frame(BINARY, data))

    async def _payload(self) -> bytes:
        """What the next frame carries; DroppedError where the peer closes."""
        first, second = await self._carrier.readexactly(2)
        size = await self._size(second & ~MASKED)
        if size > MAX_FRAME_BYTES or not second & MASKED:
            raise MalformedError("A WebSocket frame is too large or not masked.")
        mask = await self._carrier.readexactly(MASK_BYTES)
        payload = _unmasked(await self._carrier.readexactly(size), mask)
        opcode = first & 0xF
        if opcode in (CONTINUATION, BINARY):
            return payload
        if opcode == PING:
            await self._carrier.write(_frame(PONG, payload))
        if opcode == CLOSE:
            await self._carrier.write(_frame(CLOSE, payload[:2]))
            raise DroppedError
        return b""

    async def _size(self, start: int) -> int:
        if start < 126:
            return start
        width = struct.Struct(">H" if start == 126 else ">Q")
        size: int = width.unpack(await self._carrier.readexactly(width.size))[0]
        return size


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        length = bytes([size])
    elif size < 65536:
        length = struct.pack(">BH", 126, size)
    else:
        length = struct.pack(">BQ", 127, size)
    return bytes([FINAL | opcode]) + length + payload


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    repeated = (mask * (size // MASK_BYTES + 1))[:size]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return number.to_bytes(size, "big")
