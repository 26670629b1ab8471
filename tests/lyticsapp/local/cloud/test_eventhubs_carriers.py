"""The same Event Hubs over WebSockets, with TLS, and with a token of Entra ID."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from azure.core.credentials import AccessToken
from azure.eventhub import EventHubProducerClient, TransportType
from azure.eventhub.exceptions import AuthenticationError, EventHubError

from tests.eventhub_clients import producer, receive, send
from tests.local_hubs import HUB, LocalHubs


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def authority_file(
    authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="module")
def _tls_server(authority: trustme.CA) -> Iterator[LocalHubs]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    with LocalHubs(tls=context) as hubs:
        yield hubs


@pytest.fixture
def tls_hubs(_tls_server: LocalHubs) -> LocalHubs:
    _tls_server.reset()
    return _tls_server


def websockets(hubs: LocalHubs) -> dict[str, Any]:
    return {
        "transport_type": TransportType.AmqpOverWebsocket,
        "custom_endpoint_address": hubs.url,
    }


def test_it_sends_and_receives_over_websockets(local_hubs: LocalHubs) -> None:
    large = "0123456789" * 20_000
    with producer(local_hubs.connection_string(), **websockets(local_hubs)) as client:
        send(client, "a", large)

    received = receive(
        local_hubs.connection_string(), 2, partition_id="0", **websockets(local_hubs)
    )

    assert [event.body_as_str() for event in received["0"]] == ["a", large]


def test_a_wrong_key_is_refused_over_websockets(local_hubs: LocalHubs) -> None:
    wrong = local_hubs.connection_string(key="wrong")
    with (
        producer(wrong, **websockets(local_hubs)) as client,
        pytest.raises(AuthenticationError),
    ):
        send(client, "a")


def test_a_plain_request_to_the_websocket_is_400(local_hubs: LocalHubs) -> None:
    answer = requests.get(f"{local_hubs.url}/$servicebus/websocket/", timeout=10)
    assert answer.status_code == 400


@pytest.mark.parametrize("transport", list(TransportType))
def test_it_sends_and_receives_with_tls(
    tls_hubs: LocalHubs, authority_file: Path, transport: TransportType
) -> None:
    options = {
        "transport_type": transport,
        "custom_endpoint_address": f"sb://{tls_hubs.host}",
        "connection_verify": str(authority_file),
    }
    with producer(tls_hubs.connection_string(), **options) as client:
        send(client, "secret")

    received = receive(tls_hubs.connection_string(), 1, partition_id="0", **options)
    assert received["0"][0].body_as_str() == "secret"


def test_a_certificate_of_a_stranger_is_not_trusted(tls_hubs: LocalHubs) -> None:
    options = {
        "transport_type": TransportType.Amqp,
        "custom_endpoint_address": f"sb://{tls_hubs.host}",
    }
    with (
        producer(tls_hubs.connection_string(), **options) as client,
        pytest.raises(EventHubError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        send(client, "secret")


def test_it_serves_https(tls_hubs: LocalHubs, authority_file: Path) -> None:
    answer = requests.post(
        f"{tls_hubs.url}/{HUB}/messages", timeout=10, verify=str(authority_file)
    )
    assert answer.status_code == 401


class Credential:
    """What azure-identity would be: fetches a token for an application."""

    def __init__(self, hubs: LocalHubs, authority_file: Path) -> None:
        self._hubs = hubs
        self._authority_file = authority_file

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._hubs.client_id,
            "client_secret": self._hubs.client_secret,
            "scope": scopes[0],
        }
        answer = requests.post(
            self._hubs.token_url,
            data=form,
            timeout=10,
            verify=str(self._authority_file),
        )
        return AccessToken(answer.json()["access_token"], 2**31)


def test_an_application_sends_with_its_token(
    tls_hubs: LocalHubs, authority_file: Path
) -> None:
    with EventHubProducerClient(
        fully_qualified_namespace="localhost",
        eventhub_name=HUB,
        credential=Credential(tls_hubs, authority_file),
        transport_type=TransportType.Amqp,
        custom_endpoint_address=f"sb://{tls_hubs.host}",
        connection_verify=str(authority_file),
        retry_total=0,
    ) as client:
        send(client, "by an application")

    assert tls_hubs.bodies()["0"] == [b"by an application"]
