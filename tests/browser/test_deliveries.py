"""Deliveries and replays, used as people use them."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from lyticsapp.jobs.models import Job
from subscriptions import reconcile, replay, skip
from subscriptions.models import Attempt, Delivery, Replay
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use, follow
from tests.lyticsapp.face.rows import ROWS
from tests.subscriptions.inbox import Inbox, Reply

LOOKS = [(WIDE, "light"), (NARROW, "dark")]
LIST = "/admin/subscriptions/delivery/"


@pytest.fixture
def sent(account):
    """Twelve messages of a subscription, every third of them dead."""
    subscription = ROWS["subscriptions.subscription"](account, "Shop")
    segment = subscription.segments.get()
    event = {"id": segment.public_id, "slug": segment.slug, "event": "enter"}
    now = timezone.now()
    for number in range(12):
        dead = number % 3 == 0
        delivery = Delivery.objects.create(
            account=account,
            subscription=subscription,
            profile_id=1_000_000 + number,  # no profile of the rows
            cause="event",
            segment_ids=[segment.pk],
            payload={"data": {"segment_events": [event]}, "meta": {"sequence": 1}},
            state="dead" if dead else "delivered",
            outcome="omitted" if dead else "delivered",
            attempts=1,
            ended_at=now,
        )
        Attempt.objects.create(
            account=account,
            delivery=delivery,
            outcome=delivery.outcome,
            status_code=422 if dead else 200,
            latency_ms=12,
            error="the receiver answered 422" if dead else "",
        )
    return subscription


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_dead_letters_are_found_and_sent_again(width, theme, admin, sent, open_page):
    page = open_page(admin, width, theme)
    page.goto(LIST)
    expect(page.get_by_text("12 deliveries")).to_be_visible()
    page.get_by_label("State").select_option("Dead")
    expect(page.get_by_text("4 deliveries")).to_be_visible()
    assert_fit_to_use(page)
    follow(page.get_by_role("link", name="Send all again"))
    expect(page.get_by_text("4 messages")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_label("Messages a second, at most").fill("2")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Under way")).to_be_visible()
    begun = Replay.objects.for_account(sent.account).get()
    replay.work(begun.pk)
    expect(page.get_by_text("2 of 4 sent again (50 %)")).to_be_visible()
    assert_fit_to_use(page)
    follow(page.get_by_role("link", name="Cancel"))
    page.get_by_role("button", name="Cancel it").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()


def test_one_message_is_looked_at_and_sent_again(admin, sent, open_page):
    page = open_page(admin)
    page.goto(f"{LIST}?state=dead")
    follow(page.get_by_role("row").nth(1).get_by_role("link").first)
    expect(page.get_by_text("the receiver answered 422")).to_be_visible()
    follow(page.get_by_role("link", name="Send again"))
    expect(page.get_by_text("1 message", exact=True)).to_be_visible()


def test_chosen_messages_are_sent_again(admin, sent, open_page):
    page = open_page(admin)
    page.goto(LIST)
    for number in (1, 2, 3):
        page.get_by_role("row").nth(number).get_by_role("checkbox").check()
    assert_fit_to_use(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("3 messages")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_test_is_sent_from_the_page_of_its_job(
    width, theme, admin, sent, open_page, settings
):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with Inbox(lambda _: Reply(422, body=b"not now")) as inbox:
        sent.config = {"webhook_url": inbox.url}
        sent.save()
        page = open_page(admin, width, theme)
        page.goto(f"/admin/jobs/job/{sent.job_id}/change/")
        follow(page.get_by_role("link", name="Send test"))
        expect(page.get_by_text("Not sent yet.")).to_be_visible()
        assert_fit_to_use(page)
        page.get_by_role("button", name="Send test").click()
        expect(page.get_by_text("Status 422")).to_be_visible()
        expect(page.get_by_text("not now", exact=True)).to_be_visible()
        assert_fit_to_use(page)
    assert inbox.arrivals[0].json["meta"]["cause"] == "test"


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_what_a_destination_does_not_know_is_sent(width, theme, admin, sent, open_page):
    page = open_page(admin, width, theme)
    page.goto(f"/admin/subscriptions/subscription/{sent.pk}/change/")
    follow(page.get_by_role("link", name="Ledger"))
    assert_fit_to_use(page)
    follow(page.get_by_role("link", name="Compare"))
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Comparing: 0 enters and 0 exits")).to_be_visible()
    reconcile.work(sent.pk)
    expect(page.get_by_text("1 enter", exact=True)).to_be_visible()
    assert_fit_to_use(page)
    follow(page.get_by_role("link", name="Send corrections"))
    page.get_by_role("button", name="Send corrections").click()
    expect(page.get_by_text("Writing corrections: 0 users so far")).to_be_visible()
    reconcile.work(sent.pk)
    expect(page.get_by_text("a message was written for 1 user.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("row").filter(has_text="Shop@example.com")).to_be_visible()
    assert_fit_to_use(page)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_paused_job_is_resumed_with_the_latest(width, theme, admin, sent, open_page):
    Job.objects.for_account(sent.account).update(state="paused")
    Delivery.objects.for_account(sent.account).update(
        state="pending", profile_id=7, ended_at=None
    )
    page = open_page(admin, width, theme)
    page.goto(f"/admin/jobs/job/{sent.job_id}/change/")
    follow(page.get_by_role("link", name="Resume"))
    expect(page.get_by_text("12 messages")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("button", name="Send only the latest of each user").click()
    expect(page.get_by_text("messages are skipped: 0 so far")).to_be_visible()
    assert_fit_to_use(page)
    skip.work(sent.pk)
    expect(page.get_by_text("Running", exact=True)).to_be_visible()
    page.goto(f"{LIST}?state=skipped")
    expect(page.get_by_text("11 deliveries")).to_be_visible()
