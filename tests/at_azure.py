"""The local Event Hubs, reached as an operator allows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from azure.eventhub import _client_base
from azure.eventhub._pyamqp import client

from lyticsapp.authorizations import oauth2
from lyticsapp.authorizations.azure import producers
from lyticsapp.network import outgoing
from tests.local_hubs import LocalHubs

NAP_S = 0.002
IMPATIENT = SimpleNamespace(
    time=time.time, sleep=lambda seconds: time.sleep(min(seconds, NAP_S))
)


@pytest.fixture
def hubs(
    local_hubs: LocalHubs, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalHubs]:
    """The local Event Hubs with their Entra ID, in place of Azure.

    The SDK looks for what has come every 50 ms while it connects; here more often.
    """
    for module in (_client_base, client):
        monkeypatch.setattr(module, "time", IMPATIENT)
    settings.AZURE_ENDPOINTS = [local_hubs.url]
    settings.AZURE_AUTHORITY_URL = local_hubs.url
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    yield local_hubs
    producers.end()
    outgoing.close_idle()
    oauth2._kept.clear()
