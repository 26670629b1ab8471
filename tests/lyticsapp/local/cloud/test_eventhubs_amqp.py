"""The local Event Hubs, as the Azure SDK meets it over AMQP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from azure.eventhub import EventData, EventHubProducerClient
from azure.eventhub.exceptions import (
    AuthenticationError,
    ConnectError,
    ConnectionLostError,
    EventDataSendError,
    EventHubError,
)

from lyticsapp.local.cloud.eventhubs.behaviour import Answer
from lyticsapp.local.parts import HOST
from tests.eventhub_clients import producer, receive, send
from tests.local_hubs import LISTENER, SENDER, LocalHubs


@pytest.fixture
def client(local_hubs: LocalHubs) -> Iterator[EventHubProducerClient]:
    with producer(local_hubs.connection_string()) as client:
        yield client


def test_it_tells_of_its_hubs_and_partitions(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    told = client.get_eventhub_properties()
    assert told["eventhub_name"] == "triggers"
    assert told["partition_ids"] == ["0", "1", "2", "3"]

    send(client, "a", "b", partition_id="2")
    partition = client.get_partition_properties("2")
    assert partition["beginning_sequence_number"] == 0
    assert partition["last_enqueued_sequence_number"] == 1
    assert not partition["is_empty"]
    assert client.get_partition_properties("1")["is_empty"]


def test_a_partition_keeps_the_order_of_what_is_sent_to_it(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    for start in range(0, 30, 10):
        send(client, *map(str, range(start, start + 10)), partition_id="1")

    expected = [str(number).encode() for number in range(30)]
    assert local_hubs.bodies() == {"0": [], "1": expected, "2": [], "3": []}


def test_a_key_always_leads_to_the_same_partition(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    for body in ("first", "second"):
        send(client, body, partition_key="user123")

    [events] = [events for events in local_hubs.events().values() if events]
    assert [event.body for event in events] == [b"first", b"second"]
    assert {event.partition_key for event in events} == {"user123"}


def test_events_without_a_key_take_turns(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    for number in range(4):
        send(client, str(number))

    assert sorted(map(len, local_hubs.bodies().values())) == [1, 1, 1, 1]


def test_a_consumer_receives_all_partitions_from_the_earliest(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    batch = client.create_batch(partition_key="user123")
    event = EventData("with properties")
    event.properties = {"kind": "enter", "count": 3}
    event.content_type = "application/json"
    batch.add(event)
    client.send_batch(batch)
    for id in ("0", "1", "2", "3"):
        send(client, f"a{id}", f"b{id}", partition_id=id)

    received = receive(local_hubs.connection_string(), 9)

    bodies = {
        id: [event.body_as_str() for event in events] for id, events in received.items()
    }
    assert {id: texts[-2:] for id, texts in bodies.items()} == {
        id: [f"a{id}", f"b{id}"] for id in "0123"
    }
    [keyed] = [
        event for events in received.values() for event in events if event.partition_key
    ]
    assert keyed.body_as_str() == "with properties"
    assert keyed.partition_key == b"user123"
    assert keyed.properties == {b"kind": b"enter", b"count": 3}
    assert keyed.content_type == "application/json"
    assert keyed.sequence_number == 0
    assert keyed.enqueued_time is not None


def test_a_consumer_begins_after_an_offset(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    send(client, "old", "older than new", "new")
    offset = str(local_hubs.events()["0"][1].offset)

    received = receive(
        local_hubs.connection_string(), 1, partition_id="0", since=offset
    )

    assert [event.body_as_str() for event in received["0"]] == ["new"]


def test_a_consumer_waits_for_what_comes(local_hubs: LocalHubs) -> None:
    received: list[EventData] = []

    def run() -> None:
        found = receive(local_hubs.connection_string(), 1, partition_id="0")
        received.extend(event for events in found.values() for event in events)

    consumer = threading.Thread(target=run)
    consumer.start()
    with producer(local_hubs.connection_string()) as client:
        send(client, "late")
    consumer.join(20)

    assert [event.body_as_str() for event in received] == ["late"]


def test_an_event_larger_than_a_frame_arrives_whole(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    body = "0123456789" * 100_000

    send(client, body)
    received = receive(local_hubs.connection_string(), 1, partition_id="0")

    assert received["0"][0].body_as_str() == body


def test_more_than_a_mebibyte_is_refused(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    with pytest.raises(EventDataSendError) as refused:
        client.send_event(EventData(b"x" * 1024 * 1024))
    assert refused.value.error == "link:message-size-exceeded"

    send(client, "small")
    assert local_hubs.bodies() == {"0": [b"small"], "1": [], "2": [], "3": []}


def test_an_unknown_hub_is_not_made_by_asking(local_hubs: LocalHubs) -> None:
    with producer(local_hubs.connection_string(), eventhub_name="nowhere") as client:
        with pytest.raises(ConnectionLostError) as refused:
            send(client, "a")
        with pytest.raises(ConnectError, match="404"):
            client.get_eventhub_properties()

    assert refused.value.error == "not-found"


def test_a_wrong_key_is_refused(local_hubs: LocalHubs) -> None:
    wrong = local_hubs.connection_string(key="wrong")
    with (
        producer(wrong) as client,
        pytest.raises(AuthenticationError, match="401") as refused,
    ):
        send(client, "a")
    assert "invalid signature" in str(refused.value)


def test_a_policy_without_the_claim_is_refused(local_hubs: LocalHubs) -> None:
    with (
        producer(local_hubs.connection_string(LISTENER)) as client,
        pytest.raises(ConnectionLostError) as refused,
    ):
        send(client, "a")
    assert refused.value.error == "unauthorized-access"
    assert "'Send' claim(s) are required" in str(refused.value)

    with producer(local_hubs.connection_string(SENDER)) as client:
        send(client, "a")
    with pytest.raises(ConnectionLostError, match="'Listen' claim"):
        receive(local_hubs.connection_string(SENDER), 1, partition_id="0")
    assert local_hubs.bodies()["0"] == [b"a"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [(Answer.THROTTLE, "server-busy"), (Answer.FAIL, "internal-error")],
)
def test_it_refuses_as_told_and_recovers(
    local_hubs: LocalHubs, client: EventHubProducerClient, answer: Answer, error: str
) -> None:
    local_hubs.behave(answer)
    with pytest.raises(EventDataSendError) as refused:
        send(client, "a")
    assert refused.value.error == error

    local_hubs.behave()
    send(client, "b")
    assert local_hubs.bodies()["0"] == [b"b"]


def test_it_detaches_the_link_as_told(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    send(client, "a", partition_id="0")
    local_hubs.behave(Answer.DETACH)
    with pytest.raises(EventHubError) as ended:
        send(client, "b", partition_id="0")
    assert ended.value.error == "link:detach-forced"

    local_hubs.behave()
    send(client, "c", partition_id="0")
    assert local_hubs.bodies()["0"] == [b"a", b"c"]


def test_it_answers_late_as_told(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    batch = client.create_batch()
    batch.add(EventData("late"))
    local_hubs.behave(delay=30)

    with pytest.raises(EventHubError, match="timed out"):
        client.send_batch(batch, timeout=0.5)

    assert local_hubs.bodies()["0"] == []


@pytest.mark.parametrize(
    ("answer", "kept"), [(Answer.DROP, set()), (Answer.STORE_AND_DROP, {b"a"})]
)
def test_it_drops_the_connection_as_told(
    local_hubs: LocalHubs,
    client: EventHubProducerClient,
    answer: Answer,
    kept: set[bytes],
) -> None:
    local_hubs.behave(answer)

    with pytest.raises(EventHubError):
        send(client, "a")

    # The SDK sends once more by itself, so what was kept may be there twice.
    assert set().union(*local_hubs.bodies().values()) == kept


def test_a_producer_connects_again(
    local_hubs: LocalHubs, client: EventHubProducerClient
) -> None:
    send(client, "before")
    local_hubs.drop_connections()
    send(client, "after")

    assert local_hubs.bodies() == {"0": [b"before"], "1": [b"after"], "2": [], "3": []}


def test_what_is_no_amqp_ends_the_connection(local_hubs: LocalHubs) -> None:
    for nonsense in (b"AMQP\x00\x09\x09\x09", b"AMQP\x03\x01\x00\x00" + b"\xff" * 8):
        with socket.create_connection((HOST, local_hubs.port), timeout=10) as peer:
            peer.sendall(nonsense)
            while peer.recv(4096):
                pass
