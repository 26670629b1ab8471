"""Raising, clearing and acknowledging alerts."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account, AuditEntry, Role
from lyticsapp.alerts import kinds, lifecycle
from lyticsapp.alerts.kinds import AlertKind
from lyticsapp.alerts.models import Alert, Notice, Severity

pytestmark = pytest.mark.django_db


def told(account):
    notices = Notice.objects.for_account(account).order_by("pk")
    return [
        (each.happening, each.channel, each.member and each.member.user.email)
        for each in notices.select_related("member__user")
    ]


def test_an_open_alert_is_raised_and_told_once(account, join, raise_one):
    join("alice@example.com")
    first = raise_one(text="It is 90% full.")
    again = raise_one(text="It is 95% full.", severity=Severity.CRITICAL)
    assert again.pk == first.pk
    assert (again.text, again.severity) == ("It is 95% full.", "critical")
    assert told(account) == [("raised", "mail", "alice@example.com")]


def test_it_is_cleared_once_and_may_be_raised_anew(account, join, raise_one, clear_it):
    join("alice@example.com")
    first = raise_one()
    assert clear_it()
    assert not clear_it()
    second = raise_one()
    assert second.pk != first.pk
    first.refresh_from_db()
    assert first.cleared_at is not None
    assert [happening for happening, _, _ in told(account)] == [
        "raised",
        "cleared",
        "raised",
    ]


def test_active_admins_alone_are_told(account, join, raise_one, settings):
    join("alice@example.com")
    join("gone@example.com", is_active=False)
    join("ed@example.com", role=Role.EDITOR)
    settings.OPERATIONS_WEBHOOK_URL = "https://ops.example.com/"
    raise_one()
    assert told(account) == [
        ("raised", "mail", "alice@example.com"),
        ("raised", "webhook", None),
    ]


def test_subjects_and_accounts_have_alerts_of_their_own(account, raise_one, clear_it):
    other = Account.objects.create(name="Other")
    raise_one()
    raise_one(key="sdb")
    raise_one(account=other)
    assert lifecycle.open_subjects("test_disk") == {
        (account.pk, "sda"),
        (account.pk, "sdb"),
        (other.pk, "sda"),
    }
    clear_it()
    assert lifecycle.open_subjects("test_disk") == {
        (account.pk, "sdb"),
        (other.pk, "sda"),
    }


@pytest.mark.django_db(transaction=True)
def test_watchers_at_the_same_time_raise_one(account, join, raise_one):
    join("alice@example.com")
    start = threading.Barrier(4)

    def watch():
        start.wait()
        raise_one()
        connection.close()

    watchers = [threading.Thread(target=watch) for _ in range(4)]
    for each in watchers:
        each.start()
    for each in watchers:
        each.join()
    assert Alert.objects.for_account(account).count() == 1
    assert len(told(account)) == 1


def test_secrets_do_not_enter_its_texts(raise_one):
    alert = raise_one(text="GET https://u:hunter2@x.example/?token=abc123 failed")
    assert "hunter2" not in alert.text
    assert "abc123" not in alert.text
    assert "failed" in alert.text


def test_a_long_title_is_cut(raise_one):
    assert len(raise_one(key="x" * 200).title) == 200


def test_it_is_acknowledged_once(account, join, raise_one):
    alice, bob = join("alice@example.com"), join("bob@example.com")
    alert = raise_one()
    assert lifecycle.acknowledge(alert, Actor(user=alice.user))
    assert not lifecycle.acknowledge(alert, Actor(user=bob.user))
    alert.refresh_from_db()
    assert alert.acknowledged_by == alice.user
    assert alert.cleared_at is None
    entry = AuditEntry.objects.for_account(account).get()
    assert (entry.action, entry.user) == ("acknowledge", alice.user)


def test_an_alert_of_no_known_kind_is_refused(account):
    with pytest.raises(KeyError):
        lifecycle.raise_alert(
            account, "nonsense", lifecycle.Subject("x", "X"), title="X", text="X"
        )


def test_a_name_is_given_to_one_kind():
    kind = kinds.get("test_disk")
    assert kinds.register(kind) is kind
    with pytest.raises(ValueError, match="registered twice"):
        kinds.register(AlertKind(kind.name, "Another", "Something else."))
