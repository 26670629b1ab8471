"""Accounts and the people in them, logged in."""

from __future__ import annotations

import pytest
from django.test import Client

from lyticsapp.accounts.models import Account, Member, Role, User

PASSWORD = "correct horse battery"


@pytest.fixture
def account(db):
    return Account.objects.create(name="Own account")


@pytest.fixture
def stranger(db):
    return Account.objects.create(name="STRANGER account")


@pytest.fixture
def person_in():
    """A person with a role in an account."""

    def create(account, role=Role.ADMIN, email=None, **values):
        email = email or f"{role}-{account.pk}@example.com"
        user = User.objects.create_user(email, PASSWORD, **values)
        Member.objects.create(account=account, user=user, role=role)
        return user

    return create


@pytest.fixture
def client_of():
    """A browser in which a person is logged in."""

    def create(user):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return create


@pytest.fixture
def admin(account, person_in, client_of):
    return client_of(person_in(account, Role.ADMIN))


@pytest.fixture
def editor(account, person_in, client_of):
    return client_of(person_in(account, Role.EDITOR))


@pytest.fixture
def viewer(account, person_in, client_of):
    return client_of(person_in(account, Role.VIEWER))
