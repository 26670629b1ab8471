"""What the page of a user shows."""

from __future__ import annotations

from django.urls import reverse

from tests.segments.membership.people import make_fields, make_profiles


def test_types_have_the_names_that_the_builder_gives_them(account, browser):
    make_fields(account, visits="int")
    (profile,) = make_profiles(account, [{"user_id": "ada", "visits": 3}])
    page = browser.get(reverse("admin:profiles_profile_change", args=[profile.pk]))
    assert '<td data-label="Type">Whole number</td>' in page.content.decode()
