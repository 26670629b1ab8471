"""Why a user is in a segment, as people look it up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions.models import Recompute
from segments.definitions.upsert import upsert_from_text
from segments.membership.models import Membership
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use, follow
from tests.browser.test_segments import keep_picture
from tests.segments.membership.people import make_fields, make_profiles

LOOKS = [(WIDE, "light"), (NARROW, "light"), (WIDE, "dark"), (NARROW, "dark")]


@pytest.fixture
def loyal(account):
    """A segment with a member, in which every kind of condition stands."""
    make_fields(
        account, user_id="string", plan="string", last_login="date", tags="list"
    )
    seen = timezone.now() - timedelta(days=2)
    (profile,) = make_profiles(
        account,
        [
            {
                "user_id": "ada@example.com",
                "plan": "professional-with-a-rather-long-name-of-its-own",
                "last_login": seen.isoformat(),
                "tags": ["vip", "beta"],
            }
        ],
    )
    upsert_from_text(
        account, 'FILTER last_login > "now-7d" AND EXISTS user_id ALIAS active', SYSTEM
    )
    segment, _ = upsert_from_text(
        account,
        'FILTER AND (INCLUDE active, OR (plan LIKE "pro*", age BETWEEN 18 AND 30),'
        ' tags CONTAINS "vip", NOT (country == "US")) ALIAS loyal',
        SYSTEM,
    )
    Recompute.objects.for_account(account).delete()
    profile.segment_ids = [segment.pk]
    profile.save()
    Membership.objects.create(
        account=account, segment=segment, profile=profile, entered_at=seen
    )
    return segment


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_from_a_segment_by_an_identity(open_page, admin, loyal, width, theme):
    page = open_page(admin, width, theme)
    page.goto(reverse("admin:definitions_segment_change", args=[loyal.pk]))
    page.get_by_role("link", name="Why", exact=True).click()
    page.get_by_placeholder("Identity, exactly as it came in").fill("ada@example.com")
    page.get_by_role("button", name="Explain").click()

    expect(page.get_by_text("Matches", exact=True)).to_be_visible()
    expect(page.get_by_text("If nothing happens, the user leaves on")).to_be_visible()
    expect(page.get_by_text("Cannot be evaluated:")).to_have_count(1)
    expect(page.locator(".f-why-value", has_text="age is missing")).to_be_visible()
    assert_fit_to_use(page)
    keep_picture(page, f"explain-{width}-{theme}")


def test_from_a_user_by_a_segment(open_page, admin, loyal):
    page = open_page(admin)
    page.goto(reverse("admin:profiles_profile_changelist"))
    follow(page.get_by_role("link", name="ada@example.com").first)
    assert_fit_to_use(page)
    keep_picture(page, "explain-profile")
    page.get_by_role("link", name="Why in").click()

    expect(page.get_by_role("heading", name="ada@example.com")).to_be_visible()
    page.get_by_role("link", name="ada@example.com").click()
    expect(page.get_by_role("heading", name="Segments")).to_be_visible()


def test_nobody_is_there(open_page, admin, loyal):
    page = open_page(admin, NARROW)
    url = reverse("admin:definitions_segment_explain", args=[loyal.pk])
    page.goto(f"{url}?q=nobody")

    expect(page.get_by_text("No such user")).to_be_visible()
    assert_fit_to_use(page)
