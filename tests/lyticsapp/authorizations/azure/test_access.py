"""Azure is reached by connection string, policy and application, and tested so."""

from __future__ import annotations

import json
import ssl
from asyncio import all_tasks

import pytest
import trustme

from lyticsapp.authorizations import connection_test, provider
from lyticsapp.authorizations.azure import namespace
from lyticsapp.authorizations.azure.access import access_of
from lyticsapp.authorizations.azure.steps import CLAIM, ROLE, hub_step
from lyticsapp.authorizations.credentials import credentials_of
from lyticsapp.authorizations.models import Health
from lyticsapp.authorizations.step import Outcome
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.network import outgoing
from tests.local_hubs import LISTENER, ROOT, SENDER, LocalHubs
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

AZURE = "example.servicebus.windows.net"
STRING = f"Endpoint=sb://{AZURE}/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0"


def by_string(make, text):
    return make("azure", "connection_string", connection_string=text)


def by_policy(make, hubs, policy, key=None):
    return make(
        "azure", "sas", namespace=hubs.host, policy=policy.name, key=key or policy.key
    )


def by_application(make, hubs, secret=None):
    return make(
        "azure",
        "entra",
        namespace=hubs.host,
        tenant_id=hubs.tenant_id,
        client_id=hubs.client_id,
        client_secret=secret or hubs.client_secret,
    )


def arrived(hubs):
    return [each for events in hubs.bodies().values() for each in events]


def test_each_method_is_let_in_and_nothing_is_sent(make, hubs):
    for made in (
        by_string(make, hubs.connection_string(SENDER)),
        by_string(make, hubs.connection_string(SENDER, hub="triggers")),
        by_policy(make, hubs, SENDER),
        by_application(make, hubs),
    ):
        tested = connection_test.run(made)
        assert tested.health == Health.HEALTHY, tested.test_result
        assert {each["outcome"] for each in tested.test_result} == {"passed"}
        assert hub_step("triggers").run(credentials_of(made)).outcome is Outcome.PASSED
    assert arrived(hubs) == []


def test_an_application_gets_its_token_over_https(
    make, settings, monkeypatch, tmp_path
):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with LocalHubs(tls=context) as hubs:
        settings.AZURE_ENDPOINTS = [hubs.url]
        settings.AZURE_AUTHORITY_URL = hubs.url
        made = by_application(make, hubs)
        outgoing._tls.cache_clear()
        assert connection_test.run(made).health == Health.UNKNOWN  # not trusted
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        outgoing._tls.cache_clear()
        tested = connection_test.run(made)
        outgoing.close_idle()
        wait_until(lambda: not all_tasks(hubs._loop), what="the server to notice")
    outgoing._tls.cache_clear()
    assert tested.health == Health.HEALTHY, tested.test_result


@pytest.mark.parametrize(
    ("policy", "key", "told"),
    [(ROOT, "wrong", "InvalidSignature"), (LISTENER, None, "'Send' claim")],
)
def test_what_is_missing_is_told_by_its_claim(make, hubs, policy, key, told):
    tested = connection_test.run(by_policy(make, hubs, policy, key))
    assert tested.health == Health.UNHEALTHY
    (step,) = tested.test_result
    assert step["missing"] == CLAIM
    assert told in step["text"]


def test_a_wrong_client_secret_is_told_in_the_words_of_entra(make, hubs):
    tested = connection_test.run(by_application(make, hubs, "not-the-secret"))
    assert tested.health == Health.UNHEALTHY
    assert [each["outcome"] for each in tested.test_result] == ["failed", "skipped"]
    assert "AADSTS7000215" in tested.test_result[0]["text"]
    assert "not-the-secret" not in json.dumps(tested.test_result)


def test_an_application_lacks_a_role_and_not_a_claim(make, hubs, monkeypatch):
    made = by_application(make, hubs)
    monkeypatch.setattr("lyticsapp.authorizations.azure.entra.token", lambda _: "a.b.c")
    result = hub_step().run(credentials_of(made))
    assert result.missing == ROLE


def test_a_namespace_out_of_reach_says_nothing_of_the_key(make, hubs, settings):
    made = by_policy(make, hubs, SENDER)
    made.config["namespace"] = f"127.0.0.1:{free_port()}"
    made.save()
    settings.AZURE_ENDPOINTS = [f"http://{made.config['namespace']}"]
    tested = connection_test.run(made)
    assert tested.health == Health.UNKNOWN
    assert [each["outcome"] for each in tested.test_result] == ["warned"]


def test_a_connection_string_is_taken_apart(make):
    made = by_string(make, f"{STRING};EntityPath=triggers")
    facts = provider.method_of(made).facts(made)
    assert {fact.label: fact.value for fact in facts} == {
        "Event Hubs Namespace": AZURE,
        "Event Hub": "triggers",
        "Policy Name": "send",
    }
    access = access_of(credentials_of(made))
    assert (access.url, access.hub) == (f"https://{AZURE}", "triggers")
    assert access.header("triggers").startswith(
        f"SharedAccessSignature sr=https%3A%2F%2F{AZURE}%2Ftriggers&sig="
    )
    assert "c2VjcmV0" not in repr(namespace.read(STRING))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello", "is not of names and values"),
        ("Endpoint=sb://x/", "lacks SharedAccessKeyName, SharedAccessKey"),
        (STRING.replace("sb:", "https:"), "does not begin with sb://"),
        (STRING.replace(AZURE, "example.com"), "no host of Azure"),
        (STRING.replace(AZURE, "127.0.0.1:5672"), "no host of Azure"),
        (f"{STRING};UseDevelopmentEmulator=true", "asks to do without TLS"),
    ],
)
def test_a_connection_string_that_cannot_be_is_refused(make, text, told):
    with pytest.raises(InvalidSettingError) as refused:
        by_string(make, text)
    assert told in str(refused.value)
    assert "c2VjcmV0" not in str(refused.value)


def test_a_private_address_is_refused_even_where_an_operator_named_it(make, settings):
    settings.AZURE_ENDPOINTS = ["http://127.0.0.1:5672"]
    with pytest.raises(InvalidSettingError, match="private or reserved"):
        by_string(make, STRING.replace(AZURE, "127.0.0.1:5672"))


def test_a_namespace_is_a_host_of_azure(make):
    with pytest.raises(InvalidSettingError, match="namespace: names"):
        make("azure", "sas", namespace="example.com", policy="p", key="k")
