"""SipHash-2-4 (https://www.aumasson.jp/siphash/siphash.pdf)."""

from __future__ import annotations

MASK = 2**64 - 1
_START = (
    0x736F6D6570736575,
    0x646F72616E646F6D,
    0x6C7967656E657261,
    0x7465646279746573,
)


def siphash(data: bytes, key0: int, key1: int) -> int:
    keys = (key0, key1, key0, key1)
    state = [start ^ key for start, key in zip(_START, keys, strict=True)]
    whole = len(data) - len(data) % 8
    last = data[whole:].ljust(7, b"\0") + bytes((len(data) % 256,))
    for place in range(0, whole, 8):
        _compress(state, int.from_bytes(data[place : place + 8], "little"))
    _compress(state, int.from_bytes(last, "little"))
    state[2] ^= 0xFF
    for _ in range(4):
        _round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _compress(state: list[int], word: int) -> None:
    state[3] ^= word
    _round(state)
    _round(state)
    state[0] ^= word


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & MASK


def _round(state: list[int]) -> None:
    v0, v1, v2, v3 = state
    v0 = (v0 + v1) & MASK
    v1 = _rotated(v1, 13) ^ v0
    v0 = _rotated(v0, 32)
    v2 = (v2 + v3) & MASK
    v3 = _rotated(v3, 16) ^ v2
    v0 = (v0 + v3) & MASK
    v3 = _rotated(v3, 21) ^ v0
    v2 = (v2 + v1) & MASK
    v1 = _rotated(v1, 17) ^ v2
    v2 = _rotated(v2, 32)
    state[:] = (v0, v1, v2, v3)
