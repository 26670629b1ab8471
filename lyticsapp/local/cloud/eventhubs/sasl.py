"""How a peer introduces itself before AMQP begins.

ANONYMOUS and MSSBCBS put their tokens to $cbs afterwards; PLAIN gives the name and
key of a policy. Source: OASIS AMQP 1.0, part 5.
"""

from __future__ import annotations

from lyticsapp.local.cloud.eventhubs import frames
from lyticsapp.local.cloud.eventhubs.access import Grant
from lyticsapp.local.cloud.eventhubs.codec import Array, Symbol, UByte
from lyticsapp.local.cloud.eventhubs.errors import MalformedError, UnauthorizedError
from lyticsapp.local.cloud.eventhubs.namespace import Namespace
from lyticsapp.local.cloud.eventhubs.performatives import (
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
)
from lyticsapp.local.cloud.eventhubs.streams import ByteStream

SASL_HEADER = b"AMQP\x03\x01\x00\x00"
AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
MECHANISMS = Array(map(Symbol, ("MSSBCBS", "PLAIN", "ANONYMOUS")))
OK, REFUSED = UByte(0), UByte(1)


async def negotiate(stream: ByteStream, namespace: Namespace) -> list[Grant]:
    """Both headers and what lies between; what the peer may do from the start."""
    await _exchange(stream, SASL_HEADER)
    offer = SaslMechanisms(sasl_server_mechanisms=MECHANISMS)
    await stream.write(frames.pack(offer, kind=frames.SASL))
    chosen = (await frames.read(stream)).body
    if not isinstance(chosen, SaslInit):
        raise MalformedError("The peer chose no SASL mechanism.")
    try:
        grants = _grants(chosen, namespace)
    except UnauthorizedError:
        await stream.write(frames.pack(SaslOutcome(code=REFUSED), kind=frames.SASL))
        raise
    await stream.write(frames.pack(SaslOutcome(code=OK), kind=frames.SASL))
    await _exchange(stream, AMQP_HEADER)
    return grants


async def _exchange(stream: ByteStream, header: bytes) -> None:
    given = await stream.readexactly(len(header))
    await stream.write(header)
    if given != header:
        raise MalformedError(f"The header {given!r} came where {header!r} is due.")


def _grants(chosen: SaslInit, namespace: Namespace) -> list[Grant]:
    if chosen.mechanism not in MECHANISMS:
        raise UnauthorizedError(f"The mechanism {chosen.mechanism} is not offered.")
    if chosen.mechanism != "PLAIN":
        return []
    _, _, credentials = (chosen.initial_response or b"").decode().partition("\0")
    name, _, key = credentials.partition("\0")
    return [namespace.grant_by_key(name, key)]
