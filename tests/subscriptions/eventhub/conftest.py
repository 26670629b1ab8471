"""Authorizations for the local Event Hubs, and what is between us and them."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.authorizations import lifecycle as authorizations
from lyticsapp.authorizations.azure import producers
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.local.cloud.eventhubs.namespace import Namespace
from lyticsapp.network import outgoing
from subscriptions.channels import eventhub
from tests.local_hubs import SENDER
from tests.stalling import Stalling
from tests.subscriptions.eventhub.sends import DEADLINE_S


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
