"""What a change of the identity fields does, and does not do."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction

from lyticsapp.accounts import identity_fields
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.errors import IdentityFieldsError
from lyticsapp.accounts.models import Account, AuditEntry
from segments.definitions import lock
from segments.pipeline.verify import verify
from segments.profiles.models import Identity, Profile
from tests.segments.pipeline.accounts import drain, make_account, put_events
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("told")]


@pytest.fixture
def account() -> Account:
    return make_account()


def send(account: Account, *bodies: dict[str, str]) -> None:
    put_events(account, bodies)
    drain(account)


def identities(account: Account) -> set[tuple[str, str]]:
    found = Identity.objects.filter(account=account)
    return set(found.values_list("field", "value"))


def test_a_field_that_is_added_tells_of_users_from_then_on(account: Account) -> None:
    send(account, {"user_id": "u1", "phone": "1"})
    identity_fields.change(account, ["user_id", "phone"], actor=SYSTEM)
    assert identities(account) == {("user_id", "u1")}
    send(account, {"phone": "1"})
    assert Profile.objects.for_account(account).count() == 2
    send(account, {"user_id": "u1", "phone": "1"})
    assert Profile.objects.for_account(account).count() == 1
    assert identities(account) == {("user_id", "u1"), ("phone", "1")}
    assert [each for done in verify() for each in done.differences] == []


def test_a_field_that_is_taken_out_ties_no_more(account: Account) -> None:
    send(account, {"user_id": "u1", "email": "a@x.example"})
    identity_fields.change(account, ["user_id"], actor=SYSTEM)
    send(account, {"user_id": "u2", "email": "a@x.example"}, {"email": "a@x.example"})
    assert Profile.objects.for_account(account).count() == 2
    identity_fields.change(account, ["user_id", "email"], actor=SYSTEM)
    send(account, {"email": "a@x.example", "plan": "pro"})
    first = Profile.objects.for_account(account).order_by("pk")[0]
    assert first.fields["plan"] == "pro"


def test_it_waits_for_the_batches_under_way(account: Account) -> None:
    def change() -> None:
        identity_fields.change(account, ["phone"], actor=SYSTEM)
        connections.close_all()

    changing = threading.Thread(target=change)
    with transaction.atomic(), connection.cursor() as cursor:
        before = lock.shared(cursor, account.pk)
        changing.start()
        wait_until(_somebody_waits, what="the change to wait for the lock")
        assert Account.objects.get(pk=account.pk).identity_fields[0] == "user_id"
    changing.join()
    with transaction.atomic(), connection.cursor() as cursor:
        assert lock.shared(cursor, account.pk) == before + 1
    assert Account.objects.get(pk=account.pk).identity_fields == ["phone"]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (
                SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                AND database = (SELECT oid FROM pg_database
                                WHERE datname = current_database()))"""
        )
        return bool(cursor.fetchone()[0])


def test_who_changed_them_is_recorded_once(account: Account) -> None:
    identity_fields.change(account, ["phone"], actor=SYSTEM)
    identity_fields.change(account, ["phone"], actor=SYSTEM)
    entry = AuditEntry.objects.for_account(account).get()
    assert entry.changes == {
        "identity_fields": [["user_id", "email", "_uid"], ["phone"]]
    }


@pytest.mark.parametrize(
    "fields", [[], [""], [" a"], ["a", "a"], ["_created"], ["x" * 101], ["a"] * 21]
)
def test_what_tells_of_no_user_is_refused(account: Account, fields: list[str]) -> None:
    with pytest.raises(IdentityFieldsError):
        identity_fields.change(account, fields, actor=SYSTEM)
    assert Account.objects.get(pk=account.pk).identity_fields[0] == "user_id"
