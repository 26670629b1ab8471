"""A backfill forecast, watched and steered, as people do it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from lyticsapp.jobs.models import Job
from subscriptions import backfill, lookup
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use, follow
from tests.subscriptions.making import make_segment
from tests.subscriptions.test_forecast import add_members

FORM = "/admin/jobs/job/add/webhook/webhook_triggers/none/"
LOOKS = [(WIDE, "light"), (NARROW, "dark")]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(backfill, "CHUNK_PROFILES", 100)


@pytest.fixture
def payers(account):
    segment = make_segment(account, "payers")
    add_members(account, segment, count=1_200)
    return segment


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_it_is_forecast_begun_watched_and_ended(
    width, theme, admin, account, payers, open_page
):
    page = open_page(admin, width, theme)
    page.goto(FORM)
    page.get_by_label("Label").fill("To the shop")
    page.get_by_label("Webhook URL").fill("http://127.0.0.1:9/hook")
    page.get_by_text("Existing Users", exact=True).click()
    expect(page.get_by_text("Choose audiences to see")).to_be_visible()
    page.get_by_role("button", name="Add payers").click()
    expect(page.get_by_text("1,200 messages")).to_be_visible()
    expect(page.get_by_text("nobody knows: there is no rate limit")).to_be_visible()
    page.get_by_role("button", name="Show Advanced Options").click()
    page.get_by_label("Backfill Rate Limit").fill("100")
    expect(page.get_by_text("At 100 a second")).to_be_visible()
    assert_fit_to_use(page)
    follow(page.get_by_role("button", name="Start Export"))

    job = Job.objects.for_account(account).get()
    subscription = lookup.driven_by(job)
    backfill.walk(account.pk, subscription.pk)
    card = page.get_by_role("region", name="Existing users")
    expect(card).to_contain_text("100 of 1,200 users (8 %)")
    expect(card).to_contain_text("At most 100 a second.")
    assert_fit_to_use(page)
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("Paused since")
    assert_fit_to_use(page)
    follow(card.get_by_role("link", name="Rate limit"))
    assert_fit_to_use(page)
    page.get_by_label("Backfill Rate Limit").fill("20")
    follow(page.get_by_role("button", name="Save"))
    expect(card).to_contain_text("At most 20 a second.")
    card.get_by_role("button", name="Resume").click()
    expect(card.get_by_role("button", name="Pause")).to_be_visible()
    follow(card.get_by_role("link", name="Cancel"))
    assert_fit_to_use(page)
    follow(page.get_by_role("button", name="Tell no more"))
    expect(card).to_contain_text("after 100 of 1,200 users")
    assert_fit_to_use(page)
    follow(card.get_by_role("link", name="Tell everyone"))
    expect(page.get_by_text("1,200 messages")).to_be_visible()
    assert_fit_to_use(page)
    follow(page.get_by_role("button", name="Tell everyone"))
    expect(card).to_contain_text("about to begin")
