"""An account with an admin, and an alert of a kind of the tests' own."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.models import Account, Member, Role, User
from lyticsapp.alerts import kinds, lifecycle
from lyticsapp.alerts.kinds import AlertKind
from lyticsapp.alerts.lifecycle import Subject

KIND = AlertKind(
    "test_disk", "Disk of a test", "The disk is full; over when it is not."
)


@pytest.fixture(autouse=True)
def _kind(monkeypatch):
    monkeypatch.setitem(kinds._kinds, KIND.name, KIND)


@pytest.fixture
def account(db):
    return Account.objects.create(name="Acme")


@pytest.fixture
def join(account):
    """Makes a person of the account."""

    def create(email, role=Role.ADMIN, **values):
        user = User.objects.create_user(email, **values)
        return Member.objects.create(account=account, user=user, role=role)

    return create


@pytest.fixture
def raise_one(account):
    """Raises the alert of one disk."""

    def raise_it(key="sda", text="It is full.", **values):
        return lifecycle.raise_alert(
            values.pop("account", account),
            KIND.name,
            Subject(key=key, label=f"Disk {key}", url="/admin/"),
            title=f"Disk {key} is full",
            text=text,
            **values,
        )

    return raise_it


@pytest.fixture
def clear_it(account):
    def clear(key="sda"):
        return lifecycle.clear(account, KIND.name, key)

    return clear
