"""The backfill on the pages of a subscription and its job, and in a job's form."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Member, Role, User
from lyticsapp.jobs import workflow
from lyticsapp.jobs.forms import JobForm
from subscriptions import backfill, backfill_control, backlog
from subscriptions.models import Backfill
from tests.subscriptions.making import make_segment, make_subscription
from tests.subscriptions.test_forecast import add_members

pytestmark = pytest.mark.django_db

PATHS = ("backfill_pause", "backfill_resume", "backfill_cancel", "backfill_rate")
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def browsing(account):
    """A browser of somebody who has a role in the account."""

    def browser(role=Role.EDITOR):
        user = User.objects.create_user(f"{role}@example.com", "correct horse")
        Member.objects.create(account=account, user=user, role=role)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser


@pytest.fixture
def subscription(account, segment):
    add_members(account, segment, count=5)
    return make_subscription(account, [segment], withbackfill=True)


def url(subscription, page):
    return reverse(f"admin:subscriptions_subscription_{page}", args=[subscription.pk])


def state(subscription):
    return backfill.of(subscription).state


def text(answer):
    return " ".join(answer.content.decode().split())


def test_it_is_paused_and_resumed_where_it_is_shown(browsing, subscription):
    client = browsing()
    paused = text(client.post(url(subscription, "backfill_pause"), **HTMX))
    assert state(subscription) == "paused"
    assert "Paused since" in paused
    assert url(subscription, "backfill_resume") in paused
    assert "<html" not in paused
    refused = text(client.post(url(subscription, "backfill_pause"), **HTMX))
    assert "cannot be paused: it is paused" in refused
    answer = client.post(url(subscription, "backfill_resume"))
    assert answer.url == url(subscription, "change")
    assert state(subscription) == "going"


def test_looking_changes_nothing(browsing, subscription):
    client = browsing()
    for page in PATHS:
        client.get(url(subscription, page))
        assert state(subscription) == "going"


def test_cancelling_asks(browsing, subscription):
    client = browsing()
    asked = text(client.get(url(subscription, "backfill_cancel")))
    assert "Tell no more existing users?" in asked
    client.post(url(subscription, "backfill_cancel"))
    assert state(subscription) == "cancelled"
    assert "Cancelled" in text(client.get(url(subscription, "live")))


def test_its_rate_limit_is_changed(browsing, subscription):
    client = browsing()
    client.post(url(subscription, "backfill_rate"), {"rate_limit": "1200"})
    assert "At most 1,200 a second" in text(client.get(url(subscription, "live")))
    assert 'value="1200"' in text(client.get(url(subscription, "backfill_rate")))
    refused = client.post(url(subscription, "backfill_rate"), {"rate_limit": "0"})
    assert "greater than or equal to 1" in text(refused)
    client.post(url(subscription, "backfill_rate"), {"rate_limit": ""})
    subscription.refresh_from_db()
    assert "backfill_rate_limit" not in subscription.config


def test_after_a_sample_everyone_is_told(browsing, account, segment, subscription):
    client = browsing()
    sample = make_subscription(
        account, [segment], withbackfill=True, backfill_sample=True
    )
    backfill.work(sample.pk)
    assert "a sample of 1 %" in text(client.get(url(sample, "live")))
    asked = text(client.get(url(sample, "backfill_begin")))
    assert "<strong>5 messages</strong>" in asked
    assert backfill.of(sample).is_sample
    client.post(url(sample, "backfill_begin"))
    assert not backfill.of(sample).is_sample
    client.post(url(sample, "backfill_begin"))
    told = text(client.get(url(sample, "change")))
    assert "cancel that first" in told


def test_of_one_that_has_told_everyone_nothing_is_shown(browsing, subscription):
    backfill.work(subscription.pk)
    assert "Existing users" not in text(browsing().get(url(subscription, "live")))


def test_it_says_how_far_it_is_and_what_it_waits_for(
    browsing, account, subscription, monkeypatch
):
    monkeypatch.setattr(backfill, "CHUNK_PROFILES", 2)
    client = browsing()
    assert "about to begin" in text(client.get(url(subscription, "live")))
    backfill.walk(account.pk, subscription.pk)
    shown = text(client.get(url(subscription, "live")))
    assert "2 of 5 users (40 %)" in shown
    assert "users/s" in shown
    assert " left" in shown
    monkeypatch.setattr(backlog, "MOST_WAITING", 2)
    shown = text(client.get(url(subscription, "live")))
    assert "Waits until messages before these are sent." in shown


@pytest.mark.parametrize("page", [*PATHS, "backfill_begin"])
def test_who_only_looks_cannot_steer_it(browsing, subscription, page):
    client = browsing(Role.VIEWER)
    backfill_control.pause(subscription, SYSTEM)
    assert client.post(url(subscription, page)).status_code == 403
    assert state(subscription) == "paused"
    shown = text(client.get(url(subscription, "live")))
    assert "Paused since" in shown
    assert url(subscription, page) not in shown


class TestTheForm:
    PATH = "/admin/jobs/job/outlook/webhook_triggers/withbackfill/"

    def ask(self, client, segment, **typed):
        posted = {
            "config_segment_ids": segment.public_id,
            "config_withbackfill": "on",
            **{f"config_{name}": value for name, value in typed.items()},
        }
        answer = client.post(self.PATH, posted)
        assert answer.status_code == 200
        return text(answer)

    def test_it_tells_what_it_will_come_to(self, browsing, subscription, segment):
        client = browsing()
        told = self.ask(client, segment)
        assert told.startswith(
            "<strong>5 messages</strong>. How long that takes nobody"
        )
        told = self.ask(client, segment, backfill_rate_limit="2")
        assert (
            "At 2 a second, the rate limit of existing users, that takes 2.5 s." in told
        )

    def test_it_tells_what_is_missing(self, browsing, account, stranger, segment):
        client = browsing()
        assert "Nobody is in these audiences now" in self.ask(client, segment)
        theirs = make_segment(stranger, "theirs")
        assert self.ask(client, theirs).startswith("Choose audiences")
        refused = self.ask(client, segment, rate_limit="0")
        assert (
            refused == "rate_limit: must be 1 or more; pause the job to send nothing."
        )
        assert self.ask(client, segment, withbackfill="") == ""

    def test_who_only_looks_is_told_nothing(self, browsing, segment):
        assert browsing(Role.VIEWER).post(self.PATH).status_code == 403
        assert browsing().get(self.PATH).status_code == 405
        assert not Backfill.across_accounts.exists()

    def test_other_fields_have_none(self, browsing):
        other = self.PATH.replace("withbackfill", "rate_limit")
        assert browsing().post(other).status_code == 404

    def test_what_was_ticked_before_is_not_forecast(self, account, segment):
        kind = workflow.get("webhook_triggers")
        ticked = make_subscription(account, [segment], withbackfill=True).job
        plain = make_subscription(account, [segment]).job
        shown = [
            "data-outlook=" in str(JobForm.of(kind, job)["config_withbackfill"])
            for job in (ticked, plain)
        ]
        assert shown == [False, True]
