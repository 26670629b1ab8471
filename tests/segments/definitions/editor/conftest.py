"""An account with fields, and people in it who look at the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from lyticsapp.accounts.models import Member, Role, User
from segments.profiles.models import Field

FIELDS = {
    "email": "string",
    "visits": "int",
    "last_seen": "date",
    "scores": "map",
    "scores.momentum": "number",
    "home page": "string",
    "from": "string",
}


@pytest.fixture
def account(account):
    for name, kind in FIELDS.items():
        Field.objects.create(account=account, name=name, type=kind)
    return account


@pytest.fixture
def client_as():
    """A browser of somebody with a role in an account."""

    def create(account, role=Role.EDITOR):
        user = User.objects.create_user(f"{role}-{account.pk}@example.com")
        Member.objects.create(account=account, user=user, role=role)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return create
