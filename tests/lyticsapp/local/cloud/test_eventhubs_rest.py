"""The local Event Hubs over HTTP: sends, tokens, and what it can be told."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote_plus

import pytest
import requests

from lyticsapp.local.cloud.eventhubs.behaviour import Answer
from lyticsapp.local.cloud.eventhubs.sas import Policy
from tests.eventhub_clients import receive
from tests.local_hubs import LISTENER, ROOT, LocalHubs

BATCH = "application/vnd.microsoft.servicebus.json"
HOUR_S = 3600


def sas_token(
    resource: str, *, policy: Policy = ROOT, lasts_s: int = HOUR_S, key: str = ""
) -> str:
    encoded = quote_plus(resource)
    expiry = str(int(time.time()) + lasts_s)
    signer = Policy(name=policy.name, key=key or policy.key)
    signature = quote_plus(signer.signature(encoded, expiry))
    return (
        f"SharedAccessSignature sr={encoded}&sig={signature}"
        f"&se={expiry}&skn={policy.name}"
    )


def post(
    hubs: LocalHubs,
    body: Any,
    *,
    path: str = "/triggers/messages",
    token: str | None = None,
    **headers: str,
) -> requests.Response:
    if token is None:
        token = sas_token(f"{hubs.url}/triggers")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": token} | {
        k.replace("_", "-"): v for k, v in headers.items()
    }
    return requests.post(f"{hubs.url}{path}", data=data, headers=sent, timeout=10)


def test_it_stores_an_event(local_hubs: LocalHubs) -> None:
    answer = post(
        local_hubs,
        {"user_id": "u1"},
        BrokerProperties=json.dumps({"PartitionKey": "u1"}),
    )

    assert answer.status_code == 201
    assert answer.content == b""
    [event] = [event for found in local_hubs.events().values() for event in found]
    assert event.body == b'{"user_id": "u1"}'
    assert event.partition_key == "u1"


def test_it_stores_a_batch_in_one_partition(local_hubs: LocalHubs) -> None:
    batch = [
        {"Body": "one", "UserProperties": {"kind": "enter"}},
        {"Body": "two"},
    ]
    answer = post(
        local_hubs, batch, path="/triggers/partitions/2/messages", Content_Type=BATCH
    )

    assert answer.status_code == 201
    assert local_hubs.bodies()["2"] == [b"one", b"two"]
    events = receive(local_hubs.connection_string(), 2, partition_id="2")["2"]
    assert [event.properties for event in events] == [{b"kind": b"enter"}, {}]


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "MissingToken"),
        ("SharedAccessSignature sr=a", "MalformedToken"),
        ("Bearer a.b.c", "InvalidToken"),
        (sas_token("/triggers", key="wrong"), "InvalidSignature"),
        (sas_token("/triggers", lasts_s=-1), "ExpiredToken"),
        (sas_token("http://h/others"), "'Send' claim"),
        (sas_token("http://h/trig"), "'Send' claim"),
        (sas_token("http://h/triggers", policy=LISTENER), "'Send' claim"),
        (sas_token("http://h/", policy=Policy(name="who", key="k")), "unknown"),
    ],
)
def test_a_token_that_does_not_hold_is_401(
    local_hubs: LocalHubs, token: str, reason: str
) -> None:
    answer = post(local_hubs, {}, token=token)

    assert answer.status_code == 401
    assert answer.text.startswith("<Error><Code>401</Code><Detail>")
    assert reason in answer.text
    assert local_hubs.bodies() == {"0": [], "1": [], "2": [], "3": []}


def test_a_token_of_the_namespace_opens_every_hub(local_hubs: LocalHubs) -> None:
    local_hubs.create_hub("others", partition_count=1)
    token = sas_token("your-namespace.servicebus.windows.net")

    assert post(local_hubs, b"a", path="/others/messages", token=token).ok
    assert local_hubs.bodies("others") == {"0": [b"a"]}


def test_an_unknown_hub_is_404(local_hubs: LocalHubs) -> None:
    token = sas_token(local_hubs.url)

    assert post(local_hubs, {}, path="/no/messages", token=token).status_code == 404
    path = "/triggers/partitions/9/messages"
    assert post(local_hubs, {}, path=path, token=token).status_code == 404
    assert requests.get(f"{local_hubs.url}/nothing", timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{", {"Content_Type": BATCH}),
        ({"Body": "x"}, {"Content_Type": BATCH}),
        ([{"Body": 1}], {"Content_Type": BATCH}),
        ([{"Body": "x", "UserProperties": {"a": 2**70}}], {"Content_Type": BATCH}),
        ({}, {"BrokerProperties": "{"}),
        ({}, {"BrokerProperties": "[]"}),
    ],
)
def test_what_cannot_be_read_is_400(
    local_hubs: LocalHubs, body: Any, headers: dict[str, str]
) -> None:
    assert post(local_hubs, body, **headers).status_code == 400


def test_more_than_a_mebibyte_is_413(local_hubs: LocalHubs) -> None:
    assert post(local_hubs, b"x" * (1024 * 1024 + 1)).status_code == 413
    assert post(local_hubs, b"x" * 1024 * 1024).status_code == 201


def test_it_throttles_fails_and_drops_as_told(local_hubs: LocalHubs) -> None:
    control = f"{local_hubs.url}/local-azure/behaviour"
    for answer, status in (("throttle", 503), ("fail", 500), ("accept", 201)):
        told = requests.post(control, json={"answer": answer}, timeout=10)
        assert told.json()["answer"] == answer
        assert post(local_hubs, {}).status_code == status

    local_hubs.behave(Answer.STORE_AND_DROP)
    with pytest.raises(requests.ConnectionError):
        post(local_hubs, {})
    assert sum(map(len, local_hubs.bodies().values())) == 2


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"answer": "explode"}, "answer"),
        ({"delay": -1}, "delay"),
        ({"rate": "often"}, "rate"),
        ({"speed": 1}, "speed"),
    ],
)
def test_it_names_the_wrong_field(
    local_hubs: LocalHubs, told: dict[str, Any], field: str
) -> None:
    answer = requests.post(
        f"{local_hubs.url}/local-azure/behaviour", json=told, timeout=10
    )

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{field}:")


def test_a_hub_is_made_and_shown_when_asked(local_hubs: LocalHubs) -> None:
    hubs = f"{local_hubs.url}/local-azure/hubs"
    made = requests.put(f"{hubs}/orders", json={"partitions": 2}, timeout=10)
    assert made.status_code == 201
    post(
        local_hubs,
        b"hello",
        path="/orders/messages",
        token=sas_token("/"),
        BrokerProperties='{"PartitionKey": "u1"}',
    )

    listed = {
        hub["name"]: hub["partitions"] for hub in requests.get(hubs, timeout=10).json()
    }
    assert set(listed) == {"triggers", "orders"}
    assert sum(listed["orders"].values()) == 1
    [event] = requests.get(f"{hubs}/orders/events", timeout=10).json()
    assert (event["body"], event["partition_key"]) == ("hello", "u1")


def test_a_hub_that_cannot_be_is_refused(local_hubs: LocalHubs) -> None:
    hubs = f"{local_hubs.url}/local-azure/hubs"
    for name, partitions in (("a b", 1), ("orders", 0), ("orders", "two")):
        asked = {"partitions": partitions}
        assert requests.put(f"{hubs}/{name}", json=asked, timeout=10).status_code == 400


def token_for(hubs: LocalHubs, **form: str) -> requests.Response:
    asked = {
        "grant_type": "client_credentials",
        "client_id": hubs.client_id,
        "client_secret": hubs.client_secret,
        "scope": "https://eventhubs.azure.net/.default",
    }
    return requests.post(hubs.token_url, data=asked | form, timeout=10)


def test_an_application_sends_with_the_token_it_is_issued(
    local_hubs: LocalHubs,
) -> None:
    issued = token_for(local_hubs).json()

    assert issued["token_type"] == "Bearer"
    assert issued["expires_in"] == 3599
    token = f"Bearer {issued['access_token']}"
    assert post(local_hubs, {}, token=token).status_code == 201
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert post(local_hubs, {}, token=f"{forged}x").status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 400, "unauthorized_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_scope"),
    ],
)
def test_a_token_is_refused_with_the_reason(
    local_hubs: LocalHubs, form: dict[str, str], status: int, error: str
) -> None:
    refused = token_for(local_hubs, **form)

    assert refused.status_code == status
    assert refused.json()["error"] == error
    assert refused.json()["error_description"].startswith("AADSTS")


def test_an_unknown_tenant_is_refused(local_hubs: LocalHubs) -> None:
    url = local_hubs.token_url.replace(local_hubs.tenant_id, "nobody")
    assert requests.post(url, data={}, timeout=10).json()["error"] == "invalid_request"
