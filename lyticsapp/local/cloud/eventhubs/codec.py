"""AMQP 1.0 values as bytes, and back.

Numbers, symbols and arrays are classes of their own, as AMQP tells them apart where
Python does not. Source: OASIS AMQP 1.0, part 1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lyticsapp.local.cloud.eventhubs.errors import MalformedError

DESCRIBED = 0x00
NULL, TRUE, FALSE, BOOLEAN = 0x40, 0x41, 0x42, 0x56
SMALL_ULONG = 0x53
LIST, MAP, ARRAY = 0xD0, 0xD1, 0xF0
LENGTH = struct.Struct(">I")


class UByte(int):
    """An unsigned integer of 8 bits."""


class UShort(int):
    """An unsigned integer of 16 bits."""


class UInt(int):
    """An unsigned integer of 32 bits."""


class ULong(int):
    """An unsigned integer of 64 bits."""


class Int(int):
    """A signed integer of 32 bits."""


class Long(int):
    """A signed integer of 64 bits."""


class Timestamp(int):
    """Milliseconds since 1970."""


class Symbol(str):
    """A name from a restricted domain, in ASCII."""

    __slots__ = ()


class Array(list[Any]):
    """Values of one type: strings or symbols, where we write one."""


@dataclass(frozen=True)
class Described:
    """A value and what it is."""

    descriptor: Any
    value: Any


FIXED: dict[type, tuple[int, struct.Struct]] = {
    UByte: (0x50, struct.Struct(">B")),
    UShort: (0x60, struct.Struct(">H")),
    UInt: (0x70, struct.Struct(">I")),
    ULong: (0x80, struct.Struct(">Q")),
    Int: (0x71, struct.Struct(">i")),
    Long: (0x81, struct.Struct(">q")),
    int: (0x81, struct.Struct(">q")),
    float: (0x82, struct.Struct(">d")),
    Timestamp: (0x83, struct.Struct(">q")),
}
VARIABLE: dict[type, tuple[int, str | None]] = {
    bytes: (0xB0, None),
    str: (0xB1, "utf-8"),
    Symbol: (0xB3, "ascii"),
}
NUMBERS: dict[int, tuple[type, struct.Struct]] = {
    **{code: (kind, packer) for kind, (code, packer) in FIXED.items()},
    0x81: (Long, struct.Struct(">q")),
    0x51: (Int, struct.Struct(">b")),
    0x52: (UInt, struct.Struct(">B")),
    SMALL_ULONG: (ULong, struct.Struct(">B")),
    0x54: (Int, struct.Struct(">b")),
    0x55: (Long, struct.Struct(">b")),
    0x61: (Int, struct.Struct(">h")),
    0x72: (float, struct.Struct(">f")),
}
BINARIES = (0xA0, 0xB0)
TEXTS: dict[int, type[str]] = {0xA1: str, 0xB1: str, 0xA3: Symbol, 0xB3: Symbol}
WIDTHS = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}


def encode(value: Any) -> bytes:
    """The bytes of a value, its constructor first."""
    if value is None or isinstance(value, bool):
        return bytes([{None: NULL, True: TRUE, False: FALSE}[value]])
    if isinstance(value, Described):
        return bytes([DESCRIBED]) + encode(value.descriptor) + encode(value.value)
    if isinstance(value, ULong) and value <= 0xFF:
        return bytes([SMALL_ULONG, value])
    if isinstance(value, UUID):
        return b"\x98" + value.bytes
    if isinstance(value, Array):
        return _encode_array(value)
    if isinstance(value, list):
        return _compound(LIST, len(value), b"".join(map(encode, value)))
    if isinstance(value, dict):
        pairs = b"".join(encode(key) + encode(each) for key, each in value.items())
        return _compound(MAP, 2 * len(value), pairs)
    code, content = _scalar(value)
    return bytes([code]) + content


def _scalar(value: Any) -> tuple[int, bytes]:
    kind = type(value)
    if kind in FIXED:
        code, packer = FIXED[kind]
        return code, packer.pack(value)
    code, encoding = VARIABLE[kind]
    content = value.encode(encoding) if encoding else value
    return code, LENGTH.pack(len(content)) + content


def _encode_array(values: Array) -> bytes:
    scalars = [_scalar(value) for value in values]
    constructor = scalars[0][0] if scalars else NULL
    content = b"".join(content for _, content in scalars)
    return _compound(ARRAY, len(values), bytes([constructor]) + content)


def _compound(code: int, count: int, content: bytes) -> bytes:
    size = LENGTH.size + len(content)
    return bytes([code]) + LENGTH.pack(size) + LENGTH.pack(count) + content


class Decoder:
    """Reads values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.data)

    def value(self) -> Any:
        """The next value; MalformedError where there is none."""
        try:
            return self._by(self._byte())
        except (struct.error, ValueError, TypeError, RecursionError) as error:
            raise MalformedError(f"The data is no AMQP value: {error}.") from error

    def skip(self) -> None:
        """Pass over the next value without looking into it."""
        code = self._byte()
        if code == DESCRIBED:
            self._skip_by(self._byte())
            code = self._byte()
        self._skip_by(code)

    def _skip_by(self, code: int) -> None:
        if code >> 4 < min(WIDTHS):
            raise MalformedError(f"The constructor 0x{code:02x} is unknown.")
        width = WIDTHS.get(code >> 4)
        self._take(self._size(code) if width is None else width)

    def _by(self, code: int) -> Any:
        if code == DESCRIBED:
            return Described(self.value(), self.value())
        if code in (NULL, TRUE, FALSE):
            return {NULL: None, TRUE: True, FALSE: False}[code]
        if code in (0x43, 0x44, 0x45):
            return {0x43: UInt(0), 0x44: ULong(0), 0x45: []}[code]
        if code == BOOLEAN:
            return self._byte() == 1
        if code in NUMBERS:
            kind, packer = NUMBERS[code]
            return kind(*packer.unpack(self._take(packer.size)))
        if code == 0x98:
            return UUID(bytes=self._take(16))
        return self._sized(code, Decoder(self._take(self._size(code))))

    def _sized(self, code: int, content: Decoder) -> Any:
        if code in BINARIES:
            return content.data
        if code in TEXTS:
            return TEXTS[code](content.data, "utf-8")
        count = content._count(wide=code & 0x10 > 0)
        if count > len(content.data):
            raise ValueError(f"{count} elements in {len(content.data)} bytes")
        if code in (0xE0, ARRAY):
            constructor = content._byte()
            return Array(content._by(constructor) for _ in range(count))
        if code in (0xC0, LIST):
            return [content.value() for _ in range(count)]
        if code in (0xC1, MAP):
            pairs = ((content.value(), content.value()) for _ in range(count // 2))
            return dict(pairs)
        raise ValueError(f"unknown constructor 0x{code:02x}")

    def _size(self, code: int) -> int:
        return self._count(wide=code & 0x10 > 0)

    def _count(self, *, wide: bool) -> int:
        if wide:
            size: int = LENGTH.unpack(self._take(LENGTH.size))[0]
            return size
        return self._byte()

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self.data):
            raise MalformedError("The data ends in the middle of an AMQP value.")
        taken = self.data[self.position : end]
        self.position = end
        return taken
