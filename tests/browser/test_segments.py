"""A segment's chart, its edits that are asked about, its versions."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions.models import Recompute, Segment
from segments.definitions.upsert import upsert_from_text
from segments.membership import movements
from segments.membership.models import Membership
from segments.profiles.models import Field
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use
from tests.segments.membership.people import make_profiles

LOOKS = [(WIDE, "light"), (NARROW, "light"), (WIDE, "dark"), (NARROW, "dark")]


@pytest.fixture
def grown(account):
    """A segment of 30 users, in use, with a week behind it and one that includes it."""
    Field.objects.create(account=account, name="age", type="int")
    bodies = [{"user_id": f"user{n}@example.com", "age": n} for n in range(60)]
    profiles = make_profiles(account, bodies)
    segment, _ = upsert_from_text(account, "FILTER age >= 30\nALIAS grown", SYSTEM)
    young, _ = upsert_from_text(
        account, "FILTER NOT INCLUDE grown\nALIAS young", SYSTEM
    )
    Recompute.objects.for_account(account).delete()
    for number, profile in enumerate(profiles):
        inside = segment if number >= 30 else young
        profile.segment_ids = [inside.pk]
        profile.save()
        Membership.objects.create(
            account=account,
            segment=inside,
            profile=profile,
            entered_at=timezone.now(),
        )
    _live(segment)
    return Segment.objects.for_account(account).get(pk=segment.pk)


def _live(segment):
    """Let a month of hours lie behind a segment."""
    now = timezone.now()
    Segment.across_accounts.filter(pk=segment.pk).update(
        created_at=now - timedelta(days=35)
    )
    with connection.cursor() as cursor:
        for back in range(700):
            entered, exited = back * 7 % 13, back * 5 % 13
            movements.record(
                cursor,
                segment.account_id,
                [(segment.pk, entered, exited)],
                now - timedelta(hours=back),
            )
    movements.add_up()


def url_of(segment, page="change"):
    return reverse(f"admin:definitions_segment_{page}", args=[segment.pk])


def keep_picture(page, name):
    """A picture for people, where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_size_over_time_is_drawn(width, theme, admin, grown, open_page):
    page = open_page(admin, width, theme)
    page.goto(url_of(grown))
    chart = page.locator(".f-size-chart")
    expect(chart.get_by_text("30 users now")).to_be_visible()
    expect(chart.get_by_role("button", name="7 days")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(chart.get_by_role("img", name=re.compile("last 7 days"))).to_have_count(2)
    keep_picture(page, f"chart-7d-{width}-{theme}")
    chart.get_by_role("button", name="30 days").click()
    expect(chart.get_by_role("button", name="30 days")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(chart.get_by_text("per 6 hours")).to_be_visible()
    chart.get_by_text("The numbers").click()
    expect(chart.get_by_role("columnheader", name="Entered")).to_be_visible()
    assert_fit_to_use(page)
    keep_picture(page, f"chart-30d-{width}-{theme}")


def edit(page, segment, text):
    """Change the filter as one who types, and save."""
    page.goto(url_of(segment))
    page.get_by_role("tab", name="FilterQL").click()
    page.locator("textarea[name=filterql]").fill(text)
    page.get_by_role("button", name="Save").click()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_an_edit_is_asked_about(width, theme, admin, grown, open_page):
    page = open_page(admin, width, theme)
    edit(page, grown, "FILTER age >= 28\nALIAS grown")
    expect(page.get_by_role("heading", name="Before this is saved")).to_be_visible()
    expect(page.get_by_role("region", name="grown")).to_contain_text("2 would enter")
    expect(page.get_by_role("region", name="young")).to_contain_text("2 would leave")
    expect(page.get_by_role("link", name="user28@example.com").first).to_be_visible()
    assert_fit_to_use(page)
    keep_picture(page, f"edit-{width}-{theme}")
    grown.refresh_from_db()
    assert "age >= 30" in grown.filterql


def test_cancelling_an_edit_loses_nothing(admin, grown, open_page):
    page = open_page(admin)
    edit(page, grown, "FILTER age >= 28\nALIAS grown")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    expect(page.locator("textarea[name=filterql]")).to_have_value(
        "FILTER age >= 28\nALIAS grown"
    )
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Save without messages").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    grown.refresh_from_db()
    assert "age >= 28" in grown.filterql
    assert grown.recompute.silent


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_versions_show_what_changed_and_lead_back(
    width, theme, admin, grown, open_page
):
    upsert_from_text(grown.account, "FILTER age >= 40\nALIAS grown", SYSTEM)
    page = open_page(admin, width, theme)
    page.goto(url_of(grown))
    page.get_by_role("link", name="Versions").click()
    newest = page.get_by_role("region", name="Version 2")
    expect(newest).to_contain_text("- FILTER age >= 30")
    expect(newest).to_contain_text("+ FILTER age >= 40")
    assert_fit_to_use(page)
    keep_picture(page, f"versions-{width}-{theme}")
    page.get_by_role("button", name="Back to this version").click()
    expect(page.get_by_role("heading", name="Before this is saved")).to_be_visible()
    page.get_by_role("button", name="Save and send messages").click()
    expect(page.get_by_text("as it was in version 1")).to_be_visible()
    grown.refresh_from_db()
    assert (grown.version, "age >= 30" in grown.filterql) == (3, True)


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (NARROW, "dark")])
def test_the_list_tells_of_walks_and_is_narrowed(
    width, theme, admin, account, grown, open_page
):
    Segment.across_accounts.filter(pk=grown.pk).update(tags=["adults"])
    walk = Recompute.objects.create(
        account=account,
        segment=grown,
        silent=False,
        total=4_000_000,
        started_at=timezone.now() - timedelta(seconds=100_000),
    )
    walk.parts.create(cursor=1, last_profile_id=9, done=1_000_000)
    page = open_page(admin, width, theme)
    page.goto(reverse("admin:definitions_segment_changelist"))
    expect(page.get_by_text("25 %, 10 users/s, 3 d left")).to_be_visible()
    expect(page.get_by_role("link", name="young")).to_be_visible()
    page.get_by_label("Tag").select_option("adults")
    expect(page.get_by_role("link", name="young")).to_have_count(0)
    expect(page.get_by_role("link", name="grown")).to_be_visible()
    assert_fit_to_use(page)
    keep_picture(page, f"list-{width}-{theme}")
    page.get_by_role("link", name="grown").click()
    expect(page.get_by_text("1,000,000 of 4,000,000 users")).to_be_visible()
    assert_fit_to_use(page)
    keep_picture(page, f"walk-{width}-{theme}")
