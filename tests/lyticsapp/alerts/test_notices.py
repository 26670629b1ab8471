"""Notices: sent once, tried again, given up, never out of order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone

from lyticsapp.alerts import notices
from lyticsapp.alerts.models import Channel, Notice
from tests.subscriptions.inbox import Inbox, Reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(join):
    return join("alice@example.com")


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with Inbox() as running:
        settings.OPERATIONS_WEBHOOK_URL = running.url
        yield running


def answers(receiver, status):
    receiver.answer = lambda arrival: Reply(status)


def the_notice():
    return Notice.across_accounts.get()


def let_wait_pass():
    Notice.across_accounts.update(next_attempt_at=timezone.now())


def test_mail_is_sent_on_raise_and_on_clear_and_not_between(
    alice, raise_one, clear_it, settings
):
    settings.SITE_URL = "https://app.example.com"
    alert = raise_one()
    raise_one()
    assert notices.send_due(Channel.MAIL) == 1
    clear_it()
    assert notices.send_due(Channel.MAIL) == 1
    assert notices.send_due(Channel.MAIL) == 0
    raised, cleared = mail.outbox
    assert raised.subject == "Warning: Disk sda is full (Acme)"
    assert raised.to == ["alice@example.com"]
    assert "It is full." in raised.body
    assert f"https://app.example.com/admin/alerts/alert/{alert.pk}/change/" in (
        raised.body
    )
    assert cleared.subject == "Over: Disk sda is full (Acme)"
    assert "It is full." not in cleared.body


def test_a_mail_server_that_fails_is_tried_again(alice, raise_one, monkeypatch):
    raise_one()

    def refuse(*args, **kwargs):
        raise smtplib.SMTPServerDisconnected("password hunter2")

    with monkeypatch.context() as broken:
        broken.setattr("lyticsapp.alerts.mail.send_mail", refuse)
        assert notices.send_due(Channel.MAIL) == 1
    notice = the_notice()
    assert notice.sent_at is None
    assert notice.error == "the mail server: SMTPServerDisconnected"
    wait = notice.next_attempt_at - timezone.now()
    assert timedelta(seconds=3) < wait < timedelta(seconds=7)
    assert notices.send_due(Channel.MAIL) == 0
    let_wait_pass()
    assert notices.send_due(Channel.MAIL) == 1
    assert len(mail.outbox) == 1
    assert the_notice().sent_at is not None


def test_it_gives_up_after_a_bounded_number_of_tries(receiver, raise_one):
    answers(receiver, 500)
    raise_one()
    for _ in range(notices.GIVE_UP_AFTER):
        assert notices.send_due(Channel.WEBHOOK) == 1
        let_wait_pass()
    assert notices.send_due(Channel.WEBHOOK) == 0
    notice = the_notice()
    assert notice.gave_up_at is not None
    assert notice.error == "it answered 500"
    waits = [notices.FIRST_WAIT_S * 2**n for n in range(notices.GIVE_UP_AFTER - 1)]
    hours = sum(min(wait, notices.LONGEST_WAIT_S) for wait in waits) / 3600
    assert 9 < hours < 11


def test_the_webhook_says_what_happened(receiver, raise_one, clear_it, account):
    alert = raise_one()
    assert notices.send_due(Channel.WEBHOOK) == 1
    clear_it()
    assert notices.send_due(Channel.WEBHOOK) == 1
    raised, cleared = (each.json for each in receiver.arrivals)
    ids = [each.headers["webhook-id"] for each in receiver.arrivals]
    assert ids == [f"{alert.public_id}-raised", f"{alert.public_id}-cleared"]
    assert raised["event"] == "alert.raised"
    assert raised["alert"]["id"] == alert.public_id
    assert raised["alert"]["text"] == "It is full."
    assert raised["subject"]["key"] == "sda"
    assert raised["account"] == {"id": account.public_id, "name": "Acme"}
    assert cleared["event"] == "alert.cleared"
    assert cleared["alert"]["cleared_at"].endswith("Z")


def test_a_private_address_is_not_posted_to(receiver, raise_one, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    raise_one()
    notices.send_due(Channel.WEBHOOK)
    assert receiver.arrivals == []
    assert "private or reserved" in the_notice().error


def test_the_webhook_is_signed_where_there_is_a_secret(receiver, raise_one, settings):
    settings.OPERATIONS_WEBHOOK_SECRET = "wrong horse"
    raise_one()
    notices.send_due(Channel.WEBHOOK)
    sent = receiver.arrivals[0]
    signed = f"{sent.headers['webhook-id']}.{sent.headers['webhook-timestamp']}."
    digest = hmac.new(b"wrong horse", signed.encode() + sent.body, hashlib.sha256)
    expected = f"v1,{base64.b64encode(digest.digest()).decode()}"
    assert sent.headers["webhook-signature"] == expected


def test_a_later_notice_waits_for_an_earlier_one(receiver, raise_one, clear_it):
    answers(receiver, 503)
    raise_one()
    notices.send_due(Channel.WEBHOOK)
    answers(receiver, 200)
    clear_it()
    assert notices.send_due(Channel.WEBHOOK) == 0
    let_wait_pass()
    assert notices.send_due(Channel.WEBHOOK) == 2
    events = [each.json["event"] for each in receiver.arrivals]
    assert events == ["alert.raised", "alert.raised", "alert.cleared"]
    first, again, _ = (each.headers["webhook-id"] for each in receiver.arrivals)
    assert first == again


def test_one_recipient_does_not_wait_for_another(join, raise_one, monkeypatch):
    join("alice@example.com")
    join("bob@example.com")
    raise_one()
    refused = []

    def refuse_alice(subject, text, sender, to):
        if to == ["alice@example.com"]:
            raise smtplib.SMTPException
        refused.append(to)

    monkeypatch.setattr("lyticsapp.alerts.mail.send_mail", refuse_alice)
    assert notices.send_due(Channel.MAIL) == 2
    assert refused == [["bob@example.com"]]


def test_a_notice_whose_sender_was_killed_is_found_again(alice, raise_one):
    raise_one()
    assert notices._take(Channel.MAIL) is not None
    assert notices.send_due(Channel.MAIL) == 0
    let_wait_pass()
    assert notices.send_due(Channel.MAIL) == 1


def test_who_has_left_the_account_is_told_nothing(alice, raise_one):
    raise_one()
    alice.delete()
    assert notices.send_due(Channel.MAIL) == 0
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_one_process_at_a_time_sends_on_a_channel(alice, raise_one):
    raise_one()
    key = [notices.LOCK_CLASS, notices._LANES[Channel.MAIL]]
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", key)
        assert notices.send_due(Channel.MAIL) == 0
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
        assert notices.send_due(Channel.MAIL) == 1
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        assert cursor.fetchone() == (True,)
    other.close()


def test_waits_differ_by_chance():
    assert len({notices.wait_s(3) for _ in range(10)}) > 1
    assert max(notices.wait_s(50) for _ in range(50)) <= 3600 * 1.2
