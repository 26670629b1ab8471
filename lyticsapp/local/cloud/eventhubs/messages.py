"""AMQP messages as sections: what is kept as it came, and what is looked at.

Source: OASIS AMQP 1.0, part 3, section 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lyticsapp.local.cloud.eventhubs.codec import Decoder, Described, ULong, encode
from lyticsapp.local.cloud.eventhubs.errors import MalformedError

MESSAGE_ANNOTATIONS = 0x72
PROPERTIES = 0x73
APPLICATION_PROPERTIES = 0x74
DATA = 0x75
SEQUENCE = 0x76
VALUE = 0x77
# The bare message: what an event hub keeps and hands on unchanged.
BARE = (PROPERTIES, APPLICATION_PROPERTIES, DATA, SEQUENCE, VALUE)
MESSAGE_ID, CORRELATION_ID = 0, 5
PROPERTY_COUNT = 13


@dataclass(frozen=True)
class Message:
    """The parts of a message that a peer of ours can look at."""

    properties: list[Any] = field(default_factory=list)
    application_properties: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, Any] = field(default_factory=dict)
    data: list[bytes] = field(default_factory=list)
    value: Any = None

    @property
    def id(self) -> Any:
        return self.properties[MESSAGE_ID] if self.properties else None


def read(content: bytes) -> Message:
    """Decode the sections of a message."""
    found: dict[int, Any] = {}
    data: list[bytes] = []
    for code, raw in sections(content):
        value = Decoder(raw).value().value
        if code == DATA:
            data.append(value)
        found[code] = value
    return Message(
        properties=found.get(PROPERTIES) or [],
        application_properties=found.get(APPLICATION_PROPERTIES) or {},
        annotations=found.get(MESSAGE_ANNOTATIONS) or {},
        data=data,
        value=found.get(VALUE),
    )


def sections(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each section's code with its bytes; MalformedError where it is no message."""
    decoder = Decoder(content)
    while not decoder.at_end:
        start = decoder.position
        decoder.skip()
        raw = content[start : decoder.position]
        if raw[:2] != b"\x00\x53":
            raise MalformedError("A message consists of described sections.")
        yield raw[2], raw


def bare(content: bytes) -> bytes:
    """The sections that the receiver gets as the sender wrote them."""
    return b"".join(raw for code, raw in sections(content) if code in BARE)


def section(code: int, value: Any) -> bytes:
    return encode(Described(ULong(code), value))


def write(message: Message) -> bytes:
    """A message with a value as its body."""
    return b"".join(
        (
            section(PROPERTIES, message.properties),
            section(APPLICATION_PROPERTIES, message.application_properties),
            section(VALUE, message.value),
        )
    )


def reply(
    request: Message, properties: Mapping[str, Any], *, value: Any = None
) -> bytes:
    """An answer that the asker recognizes by the id of its request."""
    fields: list[Any] = [None] * PROPERTY_COUNT
    fields[CORRELATION_ID] = request.id
    return write(
        Message(properties=fields, application_properties=properties, value=value)
    )
