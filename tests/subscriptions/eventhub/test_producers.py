"""Producers keep their connections, and make them anew when they have to."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.authorizations import lifecycle as authorizations
from lyticsapp.authorizations.azure import producers
from lyticsapp.authorizations.azure.access import access_of
from lyticsapp.authorizations.azure.client import _ApplicationCredential
from lyticsapp.authorizations.credentials import credentials_of
from lyticsapp.authorizations.lifecycle import Wanted
from subscriptions.channels import eventhub
from subscriptions.outcome import (
    Delivered,
    Transient,
    Unauthorized,
)
from tests.local_hubs import HUB, SENDER
from tests.subscriptions.eventhub.sends import (
    by_each_transport,
    config,
    expected,
    message,
    sent,
    some_messages,
    threads,
    verdicts,
)
from tests.waiting import wait_until


@by_each_transport
def test_a_connection_that_ended_while_idle_is_made_again(hubs, by, transport):
    authorization = by("sas")
    sent(some_messages(8), config(transport), authorization)
    hubs.drop_connections()
    found = verdicts(some_messages(8), config(transport), authorization)
    assert found == [Delivered()] * 8


@by_each_transport
def test_partitions_are_looked_up_again_when_one_is_gone(hubs, by, transport):
    authorization = by("sas")
    messages = some_messages()
    sent(messages, config(transport), authorization)
    hubs.delete_hub(HUB)
    hubs.create_hub(HUB, partition_count=2)
    found = verdicts(messages, config(transport), authorization)
    assert {type(each) for each in found} == {Delivered, Transient}
    left = [each for each, v in zip(messages, found, strict=True) if v != Delivered()]
    assert set(verdicts(left, config(transport), authorization)) == {Delivered()}
    for id, bodies in expected(left, 2).items():
        assert hubs.bodies()[id][-len(bodies) :] == bodies


def test_a_changed_authorization_gets_connections_of_its_own(hubs, by):
    authorization = by("sas")
    assert verdicts([message()], config(), authorization) == [Delivered()]
    for key, verdict in (("not-the-key", Unauthorized), (SENDER.key, Delivered)):
        wanted = Wanted(label="Ours", settings={"key": key})
        authorizations.update(authorization, wanted, SYSTEM)
        authorization.refresh_from_db()
        (found,) = verdicts([message()], config(), authorization)
        assert isinstance(found, verdict)


def test_producers_are_bounded_and_end(hubs, by, monkeypatch):
    monkeypatch.setattr(producers, "MOST_KEPT", 1)
    authorization = by("sas")
    for name in ("one", "two", "three"):
        hubs.create_hub(name)
        assert verdicts([message()], config(hub=name), authorization) == [Delivered()]
        assert len(producers._kept._producers) == 1
    producers.end()
    wait_until(lambda: not threads(), what="their threads to end")
    wait_until(lambda: not hubs._server._amqp, what="their connections to end")


def test_several_threads_share_a_producer(hubs, by):
    authorization = by("sas")
    credentials = credentials_of(authorization)
    units = [[message(each * 10 + n) for n in range(10)] for each in range(8)]

    def send(unit):
        events = [eventhub.format(each, config(), credentials) for each in unit]
        return eventhub.send(events, config(), credentials)

    with ThreadPoolExecutor(8) as pool:
        outcomes = [each for found in pool.map(send, units) for each in found]
    assert {each.verdict for each in outcomes} == {Delivered()}
    bodies = sorted(each for all_ in hubs.bodies().values() for each in all_)
    assert bodies == sorted(each.body for unit in units for each in unit)


def test_the_token_of_an_application_is_renewed_before_it_ends(hubs, by):
    access = access_of(credentials_of(by("entra")))
    token = _ApplicationCredential(access.credentials).get_token("scope")
    assert token.token == access.header(HUB).removeprefix("Bearer ")
    hubs_life_s = 3600
    assert hubs_life_s - 10 < token.expires_on - time.time() <= hubs_life_s
