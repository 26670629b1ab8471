"""Accounts, a segment, an inbox to send to, and callers of the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Scope
from subscriptions import members
from tests.at_aws import authorized_by
from tests.subscriptions.inbox import Inbox
from tests.subscriptions.making import make_segment


@pytest.fixture
def account(db):
    return Account.objects.create(name="Own")


@pytest.fixture
def stranger(db):
    return Account.objects.create(name="Stranger")


@pytest.fixture
def segment(account):
    return make_segment(account)


@pytest.fixture
def api_of():
    """A caller with a token of an account, by default one for everything."""

    def caller(account, *scopes):
        issued = tokens.issue(
            account=account, name="test", scopes=scopes or [Scope.ADMIN], actor=SYSTEM
        )
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=issued.text)
        return client

    return caller


@pytest.fixture
def api(account, api_of):
    return api_of(account)


@pytest.fixture(autouse=True)
def loopback_allowed(settings):
    """Tests receive on this machine; those about addresses take this back."""
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def inbox():
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def keys_of(account):
    """An authorization by the keys of a user at AWS."""
    return lambda user: authorized_by(account, user)


@pytest.fixture
def sample_of_odd_ids(monkeypatch):
    """A sample of every other user: a hundredth of a few is none."""
    for name in ("_NEXT_MEMBERS", "_COUNT", "_SAMPLED"):
        statement = getattr(members, name)
        assert members.IN_SAMPLE in statement
        odd = statement.replace(members.IN_SAMPLE, "mod(profile_id, 2) = 1")
        monkeypatch.setattr(members, name, odd)
