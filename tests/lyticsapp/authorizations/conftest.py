"""An account, its authorizations and its tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Scope
from lyticsapp.authorizations import lifecycle
from lyticsapp.authorizations.lifecycle import Wanted
from lyticsapp.authorizations.models import Authorization

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "hush-hush-secret"

Make = Callable[..., Authorization]


@pytest.fixture
def account() -> Account:
    return Account.objects.create(name="Acme")


@pytest.fixture
def make(account: Account) -> Make:
    """Makes an authorization of a provider and method, with these settings."""

    def made(provider: str, method: str, **settings: Any) -> Authorization:
        wanted = Wanted(label="Ours", settings=settings)
        return lifecycle.create(account, provider, method, wanted, SYSTEM)

    return made


@pytest.fixture
def keys(make: Make) -> Authorization:
    return make("aws", "keys", access_key=ACCESS_KEY, secret_key=SECRET_KEY)


@pytest.fixture
def client_of(account: Account) -> Callable[..., APIClient]:
    """A client of the API whose token has these scopes."""

    def client(*scopes: Scope) -> APIClient:
        issued = tokens.issue(account=account, name="test", scopes=scopes, actor=SYSTEM)
        made = APIClient()
        made.credentials(HTTP_AUTHORIZATION=issued.text)
        return made

    return client


@pytest.fixture
def api(client_of: Callable[..., APIClient]) -> APIClient:
    return client_of(Scope.ADMIN)
