"""Two accounts, and those who call the API in their names."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Scope


@pytest.fixture
def account(db):
    return Account.objects.create(name="Own")


@pytest.fixture
def stranger(db):
    return Account.objects.create(name="Stranger")


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
