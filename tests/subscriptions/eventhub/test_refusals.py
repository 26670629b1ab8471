"""What Event Hubs refuses, and what fails, has a verdict."""

from __future__ import annotations

import ssl
from asyncio import all_tasks

import pytest
import trustme

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.authorizations import lifecycle as authorizations
from lyticsapp.authorizations.azure import producers
from lyticsapp.authorizations.azure.producers import Transport
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.local.cloud.eventhubs.behaviour import Answer
from lyticsapp.network import outgoing
from subscriptions.outcome import (
    Delivered,
    Gone,
    Throttled,
    Transient,
    Unauthorized,
)
from tests.local_hubs import LISTENER, SENDER, LocalHubs
from tests.subscriptions.eventhub.sends import (
    by_each_transport,
    config,
    expected,
    message,
    some_messages,
    verdicts,
)
from tests.waiting import wait_until


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
