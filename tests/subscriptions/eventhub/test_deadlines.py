"""Whatever hangs is given up in time, and sent again."""

from __future__ import annotations

import time

import pytest

from lyticsapp.authorizations.azure.access import access_of
from lyticsapp.authorizations.azure.events import Event
from lyticsapp.authorizations.azure.producers import Producer, Transport
from lyticsapp.authorizations.credentials import credentials_of
from subscriptions.channel import SEND_WITHIN_S
from subscriptions.channels import eventhub
from subscriptions.outcome import (
    Delivered,
    Transient,
)
from tests.local_hubs import HUB
from tests.subscriptions.eventhub.sends import (
    DEADLINE_S,
    by_each_transport,
    config,
    expected,
    sent,
    some_messages,
    threads,
    verdicts,
)


def assert_given_up_in_time(messages, config, authorization):
    begun = time.monotonic()
    found = verdicts(messages, config, authorization)
    assert time.monotonic() - begun < DEADLINE_S + 0.5
    assert {type(each) for each in found} == {Transient}


def assert_well_again(messages, config, authorization, monkeypatch):
    stuck = threads()
    monkeypatch.setattr(eventhub, "SENT_WITHIN_S", 10.0)
    assert verdicts(messages, config, authorization) == [Delivered()] * len(messages)
    for each in stuck:
        each.join(timeout=10)
        assert not each.is_alive()


@pytest.mark.parametrize("transport", [Transport.AMQP, Transport.WEBSOCKETS])
@pytest.mark.parametrize("after_bytes", [0, 400, 1100])
def test_a_peer_that_is_silent_from_some_byte_on_is_given_up(
    proxy, beyond, transport, after_bytes, monkeypatch
):
    """In the first handshake, in the opening of a link, in the lookup."""
    proxy.fall_silent(after_bytes=after_bytes)
    messages = some_messages(8)
    assert_given_up_in_time(messages, config(transport), beyond)
    proxy.speak()
    assert_well_again(messages, config(transport), beyond, monkeypatch)


@by_each_transport
def test_a_peer_that_falls_silent_is_given_up(
    hubs, proxy, beyond, transport, monkeypatch
):
    monkeypatch.setattr(eventhub, "SENT_WITHIN_S", 10.0)
    messages = some_messages(8)
    sent(messages, config(transport), beyond)
    monkeypatch.setattr(eventhub, "SENT_WITHIN_S", DEADLINE_S)
    proxy.fall_silent()
    assert_given_up_in_time(messages, config(transport), beyond)
    proxy.speak()
    assert_well_again(messages, config(transport), beyond, monkeypatch)
    for id, bodies in expected(messages).items():
        assert hubs.bodies()[id][-len(bodies) :] == bodies


def test_the_deadline_is_within_that_of_a_send():
    assert eventhub.SENT_WITHIN_S < SEND_WITHIN_S


@by_each_transport
def test_nothing_is_sent_after_the_deadline(hubs, by, transport):
    """A message that was given up may be on its way again elsewhere."""
    access = access_of(credentials_of(by("sas")))
    sender = Producer(access, HUB, transport)
    event = Event("id", "key", b"{}")
    (error,) = sender._send("0", [event], time.monotonic())
    assert isinstance(error, TimeoutError)
    (error,) = sender._send("0", [event], time.monotonic() + 10)
    assert error is None
    assert hubs.bodies()["0"] == [b"{}"]
    sender.end()
