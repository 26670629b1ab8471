"""The local Event Hubs, reached as an operator allows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lyticsapp.authorizations import oauth2
from lyticsapp.authorizations.azure import producers
from lyticsapp.network import outgoing
from tests.local_hubs import LocalHubs


@pytest.fixture
def hubs(local_hubs: LocalHubs, settings: Any) -> Iterator[LocalHubs]:
    """The local Event Hubs with their Entra ID, in place of Azure."""
    settings.AZURE_ENDPOINTS = [local_hubs.url]
    settings.AZURE_AUTHORITY_URL = local_hubs.url
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    yield local_hubs
    producers.end()
    outgoing.close_idle()
    oauth2._kept.clear()
