"""The list of segments: found, narrowed, and counted only where they are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from segments.definitions.models import Recompute, RecomputePart, Segment
from segments.membership import size
from segments.membership.models import Membership

URL = reverse("admin:definitions_segment_changelist")


@pytest.fixture
def segments(segment_with, crowd, account):
    grown = segment_with("FILTER age >= 7 ALIAS grown", crowd[7:])
    young = segment_with("FILTER age < 7 ALIAS young")
    Segment.across_accounts.filter(pk=grown.pk).update(tags=["a", "b"], kind="goal")
    Segment.across_accounts.filter(pk=young.pk).update(tags=["b"])
    Recompute.objects.create(account=account, segment=young, silent=True, total=1)
    return grown, young


def slugs(response):
    return [segment.slug for segment in response.context["cl"].result_list]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["grown", "young"]),
        ({"state": "recomputing"}, ["young"]),
        ({"state": "up-to-date"}, ["grown"]),
        ({"kind": "goal"}, ["grown"]),
        ({"tag": "b"}, ["grown", "young"]),
        ({"tag": "a"}, ["grown"]),
        ({"tag": "b", "kind": "segment"}, ["young"]),
        ({"q": "age < 7"}, ["young"]),
    ],
)
def test_it_can_be_narrowed(browser, segments, query, expected):
    assert slugs(browser.get(URL, query)) == expected


def test_it_offers_what_there_is_in_the_own_account(browser, segments, stranger):
    Segment.objects.create(
        account=stranger,
        slug="s",
        name="s",
        filterql="",
        tags=["theirs"],
        kind="aspect",
    )
    offered = {
        spec.title: [value for value, _ in spec.lookup_choices]
        for spec in browser.get(URL).context["cl"].filter_specs
    }
    assert offered["tag"] == ["a", "b"]
    assert offered["kind"] == ["goal", "segment"]


def test_it_counts_the_users_of_those_it_shows(browser, segments, monkeypatch):
    page = browser.get(URL)
    assert [each.size for each in page.context["cl"].result_list] == [3, 0]
    counted = []
    monkeypatch.setattr(
        "segments.membership.admin.sizes_of",
        lambda shown: counted.extend(shown) or size.sizes_of(shown),
    )
    browser.get(URL, {"kind": "goal"})
    assert [segment.slug for segment in counted] == ["grown"]


def test_a_page_costs_the_same_number_of_queries(
    browser, segment_with, django_assert_max_num_queries
):
    for number in range(30):
        segment_with(f"FILTER x > {number} ALIAS s{number}")
    with django_assert_max_num_queries(20):
        assert len(slugs(browser.get(URL))) == 30


def test_who_left_is_not_counted(browser, segments, account):
    Membership.objects.for_account(account).update(left_at="2024-05-02T00:00:00Z")
    assert browser.get(URL).context["cl"].result_list[0].size == 0


def test_it_tells_how_far_a_walk_is(browser, segments, account):
    walk = Recompute.objects.for_account(account).get()
    RecomputePart.objects.create(
        recompute=walk, cursor=1, last_profile_id=9, done=300_000
    )
    walk.total = 1_200_000
    walk.started_at = timezone.now() - timedelta(seconds=100_000)
    walk.save()
    shown = browser.get(URL).content.decode()
    assert "25 %, 3 users/s, 3 d left" in shown
    assert "Up to date" in shown
    page = browser.get(
        reverse("admin:definitions_segment_progress", args=[walk.segment_id])
    )
    assert "300,000 of 1,200,000 users" in page.content.decode()
    assert "3 d left" in page.content.decode()
    assert "3 d left" in browser.get(reverse("admin:index")).content.decode()
