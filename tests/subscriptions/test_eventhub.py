"""The Event Hubs channel, against a local Event Hubs that speaks AMQP and HTTP."""

from __future__ import annotations

import ssl
import threading
import time
import uuid
from asyncio import all_tasks
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import orjson
import pytest
import trustme
from azure.eventhub._buffered_producer._partition_resolver import PartitionResolver
from hypothesis import given
from hypothesis import strategies as st

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.authorizations import lifecycle as authorizations
from lyticsapp.authorizations.azure import posts, producers
from lyticsapp.authorizations.azure.access import access_of
from lyticsapp.authorizations.azure.client import _ApplicationCredential
from lyticsapp.authorizations.azure.events import Event, by_partition
from lyticsapp.authorizations.azure.producers import Producer, Transport
from lyticsapp.authorizations.credentials import credentials_of
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.authorizations.step import Outcome as StepOutcome
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import validate
from lyticsapp.jobs.workflow import Setup
from lyticsapp.local.cloud.eventhubs import messages as amqp
from lyticsapp.local.cloud.eventhubs.behaviour import Answer
from lyticsapp.local.cloud.eventhubs.namespace import Namespace
from lyticsapp.network import outgoing
from subscriptions.channel import SEND_WITHIN_S, Message
from subscriptions.channels import eventhub
from subscriptions.outcome import (
    Delivered,
    Gone,
    Permanent,
    Throttled,
    Transient,
    Unauthorized,
)
from tests import eventhub_clients
from tests.local_hubs import HUB, LISTENER, PARTITIONS, SENDER, LocalHubs
from tests.stalling import Stalling
from tests.waiting import wait_until

CONTENT_TYPE = 6  # its place among the properties of an AMQP message
DEADLINE_S = 0.8

by_each_transport = pytest.mark.parametrize("transport", list(Transport))


def message(profile_id=7, **data):
    body = orjson.dumps({"data": data})
    return Message(uuid.uuid4(), 12, profile_id, datetime.now(UTC), body)


def some_messages(count=50):
    return [message(number, user_id=f"u{number}") for number in range(count)]


@pytest.fixture
def by(account, hubs):
    """An authorization by a method, with settings of its own."""

    def made(method, **changed):
        given = {
            "connection_string": {"connection_string": hubs.connection_string(SENDER)},
            "sas": {
                "namespace": hubs.host,
                "policy": SENDER.name,
                "key": SENDER.key,
            },
            "entra": {
                "namespace": hubs.host,
                "tenant_id": hubs.tenant_id,
                "client_id": hubs.client_id,
                "client_secret": hubs.client_secret,
            },
        }[method]
        wanted = Wanted(label="Ours", settings={**given, **changed})
        return authorizations.create(account, "azure", method, wanted, SYSTEM)

    return made


@pytest.fixture
def batches(monkeypatch):
    """How many events each send held that arrived."""
    sizes = []
    send = Namespace.send

    async def noted(self, hub, contents, **where):
        sizes.append(len(contents))
        return await send(self, hub, contents, **where)

    monkeypatch.setattr(Namespace, "send", noted)
    return sizes


def config(transport=Transport.AMQP, hub=HUB):
    return {"event_hub": hub, "transport": transport.value}


def sent(messages, config, authorization):
    credentials = credentials_of(authorization)
    requests = [eventhub.format(each, config, credentials) for each in messages]
    return eventhub.send(requests, config, credentials)


def verdicts(messages, config, authorization):
    return [each.verdict for each in sent(messages, config, authorization)]


def expected(messages, partition_count=PARTITIONS):
    """The bodies by partition, as the SDK's own resolver spreads them."""
    ids = [str(number) for number in range(partition_count)]
    resolver = PartitionResolver(ids)
    found = {each: [] for each in ids}
    for each in messages:
        id = resolver.get_partition_id_by_partition_key(str(each.profile_id))
        found[id].append(each.body)
    return found


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
@pytest.mark.parametrize(
    ("policy", "key"), [(SENDER, "not-the-key"), (LISTENER, LISTENER.key)]
)
def test_whoever_is_not_let_in_is_unauthorized(hubs, by, transport, policy, key):
    refused = by("sas", policy=policy.name, key=key)
    (verdict,) = verdicts([message()], config(transport), refused)
    assert isinstance(verdict, Unauthorized)
    assert key not in verdict.reason


def test_a_wrong_client_secret_is_unauthorized(hubs, by):
    refused = by("entra", client_secret="not-the-secret")
    (verdict,) = verdicts([message()], config(), refused)
    assert isinstance(verdict, Unauthorized)
    assert "AADSTS7000215" in verdict.reason


@by_each_transport
def test_without_the_hub_the_receiver_is_gone(hubs, by, transport):
    (verdict,) = verdicts([message()], config(transport, "nobody"), by("sas"))
    assert isinstance(verdict, Gone)
    assert "nobody" in verdict.reason


@by_each_transport
def test_throttling_waits_as_told(hubs, by, transport):
    authorization = by("sas")
    hubs.behave(Answer.THROTTLE)
    found = verdicts(some_messages(8), config(transport), authorization)
    assert {type(each) for each in found} == {Throttled}
    assert {each.after_s for each in found} == {4}
    hubs.behave()
    found = verdicts(some_messages(8), config(transport), authorization)
    assert found == [Delivered()] * 8


@by_each_transport
@pytest.mark.parametrize("answer", [Answer.FAIL, Answer.DROP, Answer.STORE_AND_DROP])
def test_what_fails_is_sent_again_and_loses_no_order(hubs, by, transport, answer):
    authorization = by("sas")
    hubs.behave(answer)
    messages = some_messages(8)
    found = verdicts(messages, config(transport), authorization)
    assert {type(each) for each in found} == {Transient}
    hubs.behave()
    assert verdicts(messages, config(transport), authorization) == [Delivered()] * 8
    for id, bodies in expected(messages).items():
        assert hubs.bodies()[id][-len(bodies) :] == bodies


@by_each_transport
def test_a_connection_that_ended_while_idle_is_made_again(hubs, by, transport):
    authorization = by("sas")
    sent(some_messages(8), config(transport), authorization)
    hubs.drop_connections()
    found = verdicts(some_messages(8), config(transport), authorization)
    assert found == [Delivered()] * 8


def test_nobody_there_is_a_failure(hubs, by, settings):
    authorization = by("sas")
    authorization.config["namespace"] = "127.0.0.1:9"
    settings.AZURE_ENDPOINTS = ["http://127.0.0.1:9"]
    for transport in Transport:
        (verdict,) = verdicts([message()], config(transport), authorization)
        assert isinstance(verdict, Transient)


def test_an_address_that_is_not_allowed_any_more_is_not_connected_to(
    hubs, by, settings
):
    authorization = by("sas")
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    (verdict,) = verdicts([message()], config(), authorization)
    assert isinstance(verdict, Gone)
    settings.AZURE_ENDPOINTS = []
    (verdict,) = verdicts([message()], config(), authorization)
    assert isinstance(verdict, Gone)
    assert "no host of Azure" in verdict.reason


def threads():
    return {each for each in threading.enumerate() if "event-hub" in each.name}


@pytest.fixture
def proxy(hubs, settings, monkeypatch):
    """Between us and Event Hubs, and known as their namespace."""
    monkeypatch.setattr(eventhub, "SENT_WITHIN_S", DEADLINE_S)
    with Stalling("127.0.0.1", hubs.port) as proxy:
        settings.AZURE_ENDPOINTS = [proxy.url]
        yield proxy
        producers.end()
        outgoing.close_idle()


@pytest.fixture
def beyond(proxy, by):
    """An authorization for what is behind the proxy."""
    return by("sas", namespace=proxy.url.removeprefix("http://"))


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


def test_the_token_of_an_application_is_renewed_before_it_ends(hubs, by):
    access = access_of(credentials_of(by("entra")))
    token = _ApplicationCredential(access.credentials).get_token("scope")
    assert token.token == access.header(HUB).removeprefix("Bearer ")
    hubs_life_s = 3600
    assert hubs_life_s - 10 < token.expires_on - time.time() <= hubs_life_s


@by_each_transport
def test_a_certificate_has_to_be_of_an_authority_that_is_trusted(
    account, transport, settings, monkeypatch, tmp_path
):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    outgoing._tls.cache_clear()
    with LocalHubs(tls=context) as hubs:
        settings.AZURE_ENDPOINTS = [hubs.url]
        text = hubs.connection_string(SENDER)
        wanted = Wanted(label="Ours", settings={"connection_string": text})
        authorization = authorizations.create(
            account, "azure", "connection_string", wanted, SYSTEM
        )
        (verdict,) = verdicts([message()], config(transport), authorization)
        assert isinstance(verdict, Transient)
        assert "CERTIFICATE_VERIFY_FAILED" in verdict.reason
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        outgoing._tls.cache_clear()
        assert verdicts([message()], config(transport), authorization) == [Delivered()]
        producers.end()
        outgoing.close_idle()
        wait_until(lambda: not all_tasks(hubs._loop), what="the server to notice")
    outgoing._tls.cache_clear()


def test_a_hub_is_named_once(hubs, by, account):
    def checked(authorization, **config):
        eventhub.check(Setup(account, authorization, config))

    free = by("sas")
    bound = by(
        "connection_string", connection_string=hubs.connection_string(SENDER, hub=HUB)
    )
    with pytest.raises(
        InvalidSettingError, match=r"event_hub: is required.*EntityPath"
    ):
        checked(free)
    with pytest.raises(InvalidSettingError, match="event_hub: must be triggers"):
        checked(bound, event_hub="other")
    checked(free, event_hub="other")
    checked(bound)
    checked(bound, event_hub=HUB)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"event_hub": "-a"}, "event_hub: must be 1 to 256 letters"),
        ({"event_hub": "a/b"}, "event_hub: must be 1 to 256 letters"),
        ({"transport": "mqtt"}, "transport"),
    ],
)
def test_settings_are_checked(given, wrong):
    with pytest.raises(InvalidSettingError, match=wrong):
        validate(eventhub.SETTINGS, given)


@by_each_transport
def test_the_connection_test_sends_nothing(hubs, by, account, transport):
    def found(authorization, config):
        setup = Setup(account, authorization, config)
        return [each.run(setup.credentials) for each in eventhub.test_steps(setup)]

    let_in, reached = found(by("sas"), config(transport))
    assert (let_in.outcome, reached.outcome) == (StepOutcome.PASSED,) * 2
    assert "4 partitions" in reached.text
    refused, _ = found(by("sas", policy=LISTENER.name, key=LISTENER.key), config())
    assert refused.missing == "Send"
    _, missing = found(by("sas"), config(transport, "nobody"))
    assert missing.outcome is StepOutcome.FAILED
    assert "no event hub “nobody”" in missing.text
    assert not any(hubs.bodies().values())


def test_the_connection_test_tells_what_is_out_of_reach(proxy, beyond, monkeypatch):
    monkeypatch.setattr(eventhub, "TESTED_WITHIN_S", DEADLINE_S)
    proxy.fall_silent(after_bytes=400)
    setup = Setup(beyond.account, beyond, config())
    _, reached = eventhub.test_steps(setup)
    result = reached.run(setup.credentials)
    assert result.outcome is StepOutcome.WARNED
    assert "no answer in time" in result.text
