"""Frames: a performative on a channel, with the payload that follows it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from lyticsapp.local.cloud.eventhubs import performatives
from lyticsapp.local.cloud.eventhubs.codec import Decoder, encode
from lyticsapp.local.cloud.eventhubs.errors import MalformedError
from lyticsapp.local.cloud.eventhubs.performatives import Performative
from lyticsapp.local.cloud.eventhubs.streams import ByteStream

HEADER = struct.Struct(">IBBH")
AMQP, SASL = 0, 1
DATA_OFFSET = 2
EMPTY = HEADER.pack(HEADER.size, DATA_OFFSET, AMQP, 0)
# What we accept in one frame, and what Azure says it accepts.
MAX_FRAME_BYTES = 65536


@dataclass(frozen=True)
class Frame:
    """What arrived; without a body it only says that the peer is alive."""

    channel: int
    body: Performative | None
    payload: bytes = b""


def pack(
    body: Performative, *, channel: int = 0, payload: bytes = b"", kind: int = AMQP
) -> bytes:
    """The bytes of a frame."""
    content = encode(body.described()) + payload
    size = HEADER.size + len(content)
    return HEADER.pack(size, DATA_OFFSET, kind, channel) + content


async def read(stream: ByteStream) -> Frame:
    """The next frame; MalformedError where the bytes are none."""
    size, offset, _, channel = HEADER.unpack(await stream.readexactly(HEADER.size))
    if not HEADER.size <= size <= MAX_FRAME_BYTES or not 2 <= offset <= size // 4:
        raise MalformedError(f"A frame of {size} bytes cannot be read.")
    content = (await stream.readexactly(size - HEADER.size))[4 * offset - HEADER.size :]
    if not content:
        return Frame(channel=channel, body=None)
    decoder = Decoder(content)
    body = performatives.read(decoder.value())
    return Frame(channel=channel, body=body, payload=content[decoder.position :])
