"""Events arrive in the partition of their user, as the SDK would put them there."""

from __future__ import annotations

import pytest
from azure.eventhub._buffered_producer._partition_resolver import PartitionResolver
from hypothesis import given
from hypothesis import strategies as st

from lyticsapp.authorizations.azure import posts
from lyticsapp.authorizations.azure.events import Event, by_partition
from lyticsapp.authorizations.azure.producers import Transport
from lyticsapp.local.cloud.eventhubs import messages as amqp
from subscriptions.channel import Message
from subscriptions.channels import eventhub
from subscriptions.outcome import (
    Delivered,
    Permanent,
)
from tests import eventhub_clients
from tests.local_hubs import HUB, PARTITIONS, SENDER
from tests.subscriptions.eventhub.sends import (
    by_each_transport,
    config,
    expected,
    message,
    sent,
    some_messages,
    verdicts,
)

CONTENT_TYPE = 6  # its place among the properties of an AMQP message


@pytest.mark.parametrize("method", eventhub.METHODS)
@by_each_transport
def test_a_batch_for_each_partition_holds_many_profiles(
    hubs, by, transport, method, batches
):
    messages = some_messages()
    outcomes = sent(messages, config(transport), by(method))
    assert [each.verdict for each in outcomes] == [Delivered()] * 50
    assert hubs.bodies() == expected(messages)
    assert len(batches) == PARTITIONS
    assert sum(batches) == 50


def test_a_profile_is_where_the_sdk_puts_its_key(hubs, by):
    messages = some_messages(20)
    sent(messages, config(), by("sas"))
    hubs.create_hub("by_sdk")
    with eventhub_clients.producer(
        hubs.connection_string(SENDER), eventhub_name="by_sdk"
    ) as client:
        for each in messages:
            key = str(each.profile_id)
            eventhub_clients.send(client, each.body.decode(), partition_key=key)
    assert hubs.bodies() == hubs.bodies("by_sdk")


@given(
    st.lists(st.integers(min_value=0), max_size=50),
    st.integers(min_value=1, max_value=32),
)
def test_events_are_spread_as_the_resolver_of_the_sdk_does(keys, partition_count):
    ids = [str(number) for number in range(partition_count)]
    resolver = PartitionResolver(ids)
    events = [Event(str(place), str(key), b"") for place, key in enumerate(keys)]
    places = by_partition(events, ids)
    assert sorted(place for each in places.values() for place in each) == list(
        range(len(keys))
    )
    for id, each in places.items():
        assert each == sorted(each)
        for place in each:
            key = events[place].key
            assert resolver.get_partition_id_by_partition_key(key) == id


@by_each_transport
def test_an_event_tells_its_id_and_what_it_is(hubs, by, transport):
    only = message()
    sent([only], config(transport), by("sas"))
    (event,) = [event for events in hubs.events().values() for event in events]
    told = amqp.read(event.content)
    if transport is Transport.HTTPS:
        assert told.application_properties == {
            "message_id": str(only.id),
            "content_type": "application/json",
        }
    else:
        assert told.id == str(only.id)
        assert told.properties[CONTENT_TYPE] == "application/json"


def test_the_hub_may_be_named_by_the_connection_string_alone(hubs, by):
    bound = by(
        "connection_string",
        connection_string=hubs.connection_string(SENDER, hub=HUB),
    )
    assert verdicts([message()], {"transport": "amqp"}, bound) == [Delivered()]


@by_each_transport
def test_the_largest_message_is_sent_and_a_larger_one_holds_up_no_other(
    hubs, by, transport
):
    most = eventhub.LIMITS.message_bytes
    largest, larger = message(1), message(2)
    largest = Message(largest.id, 1, 1, largest.created_at, b"x" * most)
    larger = Message(larger.id, 1, 2, larger.created_at, b"x" * (most + 2000))
    found = verdicts([largest, larger, message(3)], config(transport), by("sas"))
    assert [type(each) for each in found] == [Delivered, Permanent, Delivered]
    assert "1,048,576 bytes" in found[1].reason


def test_over_https_a_batch_is_not_larger_than_each_tier_takes(
    hubs, by, monkeypatch, batches
):
    monkeypatch.setattr(posts, "LARGEST_BATCH_BYTES", 500)
    messages = some_messages()
    found = verdicts(messages, config(Transport.HTTPS), by("sas"))
    assert found == [Delivered()] * 50
    assert hubs.bodies() == expected(messages)
    assert max(batches) == 3
