"""Ids of messages: random, but for the sequence number that a message is found by.

They are UUIDs of version 8: 60 random bits, then 62 of the number.
"""

from __future__ import annotations

import secrets
from uuid import UUID

VERSION = 8
_VARIANT = 0b10
_RANDOM_BITS = 60
_NUMBER_BITS = 62


def new(sequence: int) -> UUID:
    """An id for the message that has this number first."""
    high, low = divmod(secrets.randbits(_RANDOM_BITS), 1 << 12)
    bits = (((high << 4 | VERSION) << 12 | low) << 2 | _VARIANT) << _NUMBER_BITS
    return UUID(int=bits | sequence)


def sequence_of(message_id: UUID) -> int | None:
    """The number that the message had first; None of an id that has none in it."""
    if message_id.version != VERSION:
        return None
    return message_id.int & ((1 << _NUMBER_BITS) - 1)
