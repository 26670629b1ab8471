"""What packages ask of those above them, as the composition root has bound it."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    account = Account.objects.create(name="Own")
    issued = tokens.issue(
        account=account, name="test", scopes=[Scope.ADMIN], actor=SYSTEM
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=issued.text)
    return client


def test_a_segment_is_not_deleted_while_a_subscription_listens_to_it(api):
    segment = {"segment_ql": "FILTER x > 1 ALIAS heard"}
    assert api.post("/api/segment", segment, format="json").status_code == 201
    created = api.post(
        "/api/subscription",
        {
            "name": "To the shop",
            "channel": "webhook",
            "webhook_url": "https://somewebhook.com/test",
            "segment_ids": ["heard"],
        },
        format="json",
    ).json()["data"]

    refused = api.delete("/api/segment/heard")
    assert refused.status_code == 409
    assert f'subscription "To the shop" ({created["id"]})' in refused.json()["message"]

    assert api.delete(f"/api/subscription/{created['id']}").status_code == 204
    assert api.delete("/api/segment/heard").status_code == 204
