"""The settings of the account."""

from __future__ import annotations

import pytest
from django.urls import reverse

from lyticsapp.accounts.models import Account, AuditEntry, User

SETTINGS = {
    "name": "Own account",
    "time_zone": "UTC",
    "identity_fields": "user_id,email,_uid",
}


pytestmark = pytest.mark.django_db


@pytest.fixture
def save(account, admin):
    def post(**changed):
        url = reverse("admin:accounts_account_change", args=[account.pk])
        return admin.post(url, SETTINGS | changed, follow=True).content.decode()

    return post


def test_identity_fields_are_changed(account, save):
    assert "Saved." in save(identity_fields="customer_id, email", name="New name")
    account.refresh_from_db()
    assert account.identity_fields == ["customer_id", "email"]
    assert account.name == "New name"
    changes = AuditEntry.objects.for_account(account).values_list("changes", flat=True)
    assert {key for each in changes for key in each} == {"identity_fields", "name"}


def test_nothing_is_recorded_where_nothing_changes(account, save):
    save()
    assert not AuditEntry.objects.for_account(account).exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [("a,a", "Name each field once."), ("_created", "is computed"), ("", "required")],
)
def test_what_tells_of_no_user_is_refused_at_the_field(account, save, fields, told):
    assert told in save(identity_fields=fields)
    account.refresh_from_db()
    assert account.identity_fields == ["user_id", "email", "_uid"]


def test_a_new_account_may_begin_with_its_own(client_of, account):
    operator = client_of(User.objects.create_superuser("op@example.com"))
    url = reverse("admin:accounts_account_add")
    assert "user_id,email,_uid" in operator.get(url).content.decode()
    operator.post(url, SETTINGS | {"name": "Second", "identity_fields": "customer_id"})
    assert Account.objects.get(name="Second").identity_fields == ["customer_id"]
