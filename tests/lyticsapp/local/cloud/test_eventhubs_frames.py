"""What the local Event Hubs says frame by frame, where the SDK does not look."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from lyticsapp.local.cloud.eventhubs import connection, frames, sasl
from lyticsapp.local.cloud.eventhubs.codec import (
    Array,
    Decoder,
    Described,
    Int,
    Long,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
    encode,
)
from lyticsapp.local.cloud.eventhubs.errors import MalformedError
from lyticsapp.local.cloud.eventhubs.hub import EventHub, Partition
from lyticsapp.local.cloud.eventhubs.performatives import (
    Attach,
    Begin,
    Close,
    Detach,
    Open,
    Performative,
    SaslInit,
    SaslOutcome,
    Target,
)
from lyticsapp.local.cloud.eventhubs.streams import SocketStream
from lyticsapp.local.parts import HOST
from tests.local_hubs import ROOT, SENDER, LocalHubs

TIMEOUT_S = 10
PLAIN = f"\0{SENDER.name}\0{SENDER.key}".encode()
VALUES = [
    *(None, True, False, "", "ä" * 300, b"\0\1", 1.5, UByte(255), UShort(65535)),
    *(UInt(2**32 - 1), ULong(1), ULong(2**64 - 1), Int(-1), Long(-(2**63))),
    *(Timestamp(1_700_000_000_000), Symbol("amqp:symbol"), UUID(int=7), [], {}),
    *([Int(1), ["two", None]], {Symbol("a"): {"b": [True]}}),
    *(Array([Symbol("x"), Symbol("yy")]), Described(ULong(0x24), [UInt(1)])),
]

Scene = Callable[[SocketStream], Awaitable[Any]]


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """What comes of it, in a thread of its own: a browser's tests leave a loop here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def play(hubs: LocalHubs, scene: Scene) -> Any:
    """Run what a peer does on a connection of its own."""

    async def run() -> Any:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(HOST, hubs.port)
            try:
                return await scene(SocketStream(b"", reader, writer))
            finally:
                writer.close()
                await writer.wait_closed()

    return finished(run())


async def introduce(
    stream: SocketStream, mechanism: str, response: bytes = b""
) -> SaslOutcome:
    await stream.write(sasl.SASL_HEADER)
    assert await stream.readexactly(len(sasl.SASL_HEADER)) == sasl.SASL_HEADER
    await body(stream)
    init = SaslInit(mechanism=Symbol(mechanism), initial_response=response)
    await stream.write(frames.pack(init, kind=frames.SASL))
    outcome = await body(stream)
    assert isinstance(outcome, SaslOutcome)
    return outcome


async def open_session(stream: SocketStream, opened: Open) -> None:
    """All up to a session, with the rights of PLAIN."""
    await introduce(stream, "PLAIN", PLAIN)
    begin = Begin(
        remote_channel=None,
        next_outgoing_id=UInt(0),
        incoming_window=UInt(10),
        outgoing_window=UInt(10),
    )
    await stream.write(sasl.AMQP_HEADER + frames.pack(opened) + frames.pack(begin))
    assert await stream.readexactly(len(sasl.AMQP_HEADER)) == sasl.AMQP_HEADER
    assert isinstance(await body(stream), Open)
    assert isinstance(await body(stream), Begin)


async def body(stream: SocketStream) -> Performative | None:
    return (await frames.read(stream)).body


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_read_as_it_was_written(value: Any) -> None:
    decoder = Decoder(encode(value))
    read = decoder.value()

    assert (type(read), read) == (type(value), value)
    assert decoder.at_end
    skipping = Decoder(encode(value))
    skipping.skip()
    assert skipping.at_end


def test_what_is_no_value_is_told_from_one() -> None:
    dice = random.Random(7)
    whole = b"".join(map(encode, VALUES))
    for _ in range(2000):
        damaged = bytearray(whole[dice.randrange(len(whole)) :])
        damaged[dice.randrange(min(8, len(damaged)))] = dice.randrange(256)
        for read in (Decoder.value, Decoder.skip):
            decoder = Decoder(bytes(damaged))
            try:
                while not decoder.at_end:
                    read(decoder)
            except MalformedError:
                continue


def test_a_deep_or_boundless_value_is_refused() -> None:
    for data in (b"\0" * 100_000, b"\xf0\0\0\0\5\xff\xff\xff\xff\x40"):
        with pytest.raises(MalformedError):
            Decoder(data).value()


@pytest.mark.parametrize(
    ("mechanism", "response", "code"),
    [
        ("ANONYMOUS", b"", 0),
        ("MSSBCBS", b"", 0),
        ("PLAIN", PLAIN, 0),
        ("PLAIN", b"\0send\0wrong", 1),
        ("EXTERNAL", b"", 1),
    ],
)
def test_it_takes_whom_sasl_introduces(
    local_hubs: LocalHubs, mechanism: str, response: bytes, code: int
) -> None:
    async def scene(stream: SocketStream) -> SaslOutcome:
        return await introduce(stream, mechanism, response)

    assert play(local_hubs, scene).code == code


@pytest.mark.parametrize(("hub", "refused"), [("triggers", False), ("none", True)])
def test_a_link_is_refused_by_attaching_to_nothing(
    local_hubs: LocalHubs, hub: str, refused: bool
) -> None:
    async def scene(stream: SocketStream) -> list[Performative | None]:
        await open_session(stream, Open(container_id="test"))
        attach = Attach(
            name="link", handle=UInt(3), role=False, target=Target(address=hub)
        )
        await stream.write(frames.pack(attach))
        return [await body(stream), await body(stream)]

    attached, next_said = play(local_hubs, scene)
    assert (attached.target is None) == refused
    assert isinstance(next_said, Detach) == refused
    if refused:
        assert next_said.error.condition == "amqp:not-found"


def test_it_shows_that_it_is_alive(local_hubs: LocalHubs) -> None:
    async def scene(stream: SocketStream) -> Performative | None:
        await open_session(stream, Open(container_id="test", idle_timeout=UInt(100)))
        return await body(stream)

    assert play(local_hubs, scene) is None


def test_it_drops_connections_when_told(local_hubs: LocalHubs) -> None:
    async def scene(stream: SocketStream) -> None:
        await open_session(stream, Open(container_id="test"))
        local_hubs.drop_connections()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await body(stream)

    play(local_hubs, scene)


def test_it_closes_a_connection_on_which_nothing_comes(
    local_hubs: LocalHubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "IDLE_TIMEOUT_S", 0.2)

    async def scene(stream: SocketStream) -> Performative | None:
        await open_session(stream, Open(container_id="test"))
        return await body(stream)

    closed = play(local_hubs, scene)
    assert isinstance(closed, Close)
    assert closed.error is not None
    assert closed.error.condition == "amqp:connection:forced"


def test_a_frame_that_cannot_be_read_is_answered_with_the_reason(
    local_hubs: LocalHubs,
) -> None:
    async def scene(stream: SocketStream) -> Performative | None:
        await open_session(stream, Open(container_id="test"))
        await stream.write(b"\0\0\0\x0c\2\0\0\0nope")
        return await body(stream)

    closed = play(local_hubs, scene)
    assert isinstance(closed, Close)
    assert closed.error is not None
    assert closed.error.condition == "amqp:decode-error"


def test_its_memory_is_bounded() -> None:
    partition = Partition("0", max_events=3, max_bytes=100)
    for content in (b"a", b"b", b"c", b"d", b"e" * 99):
        partition.append(content, partition_key=None)

    assert [event.content[:1] for event in partition.events] == [b"d", b"e"]
    assert [event.sequence_number for event in partition.events] == [3, 4]


def test_a_receiver_that_fell_behind_goes_on_with_what_is_left() -> None:
    partition = Partition("0", max_events=2)
    for content in (b"a", b"b", b"c"):
        partition.append(content, partition_key=None)

    event = finished(partition.event_from(0))
    assert event.content == b"b"


def test_a_key_leads_where_the_service_puts_it() -> None:
    """As `azure.eventhub`'s buffered producer, which was checked against it."""
    hub = EventHub("triggers", partition_count=4)
    hub.publish([b""], partition_key="user123")

    assert [len(partition.events) for partition in hub.partitions.values()] == [
        *(0, 0, 0, 1)
    ]


def test_no_key_is_shown() -> None:
    assert ROOT.key not in repr(ROOT)
