"""What pages share: times in one's zone, counts with an end, first steps, history."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM, Actor
from lyticsapp.accounts.models import Role, User
from lyticsapp.face import home, paginator
from segments.definitions.models import Segment
from segments.definitions.upsert import upsert_from_text
from segments.streams.models import Stream
from tests.lyticsapp.face.rows import ROWS


def test_times_are_in_the_zone_of_the_person(account, person_in, client_of):
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    Stream.objects.create(account=account, name="web", created_at=at)
    user = person_in(account, Role.VIEWER, time_zone="Asia/Kathmandu")
    page = client_of(user).get(reverse("admin:streams_stream_changelist"))
    assert "1 Mar 2026 17:45:00" in page.content.decode()


def test_an_unknown_zone_is_no_obstacle(account, person_in, client_of):
    user = person_in(account, Role.VIEWER, time_zone="Mars/Olympus")
    assert client_of(user).get(reverse("admin:index")).status_code == 200


def test_a_zone_ends_with_the_request(account, person_in, client_of):
    user = person_in(account, Role.VIEWER, time_zone="Asia/Kathmandu")
    client_of(user).get(reverse("admin:index"))
    assert timezone.get_current_timezone_name() == "UTC"


def test_long_lists_are_counted_to_an_end(account, admin, monkeypatch):
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 3)
    for number in range(5):
        Stream.objects.create(account=account, name=f"stream{number}")
    page = admin.get(reverse("admin:streams_stream_changelist")).content.decode()
    assert "3 or more streams" in page


def test_the_first_steps_go_when_they_are_done(account, admin):
    url = reverse("admin:index")
    page = admin.get(url).content.decode()
    assert "First steps" in page
    assert "curl -s -XPOST http" in page
    ROWS["streams.stream"](account, "own")
    assert "curl -s" not in admin.get(url).content.decode()
    ROWS["subscriptions.subscription"](account, "other")
    assert "First steps" not in admin.get(url).content.decode()


@pytest.mark.parametrize("section", home.sections(), ids=lambda section: section.key)
def test_each_part_of_the_home_page_comes_alone(section, account, admin, viewer):
    ROWS["subscriptions.delivery"](account, "own")
    url = reverse("admin:home_part", args=[section.key])
    for client in (admin, viewer):
        response = client.get(url)
        assert response.status_code == 200
        assert "<html" not in response.content.decode()
    assert admin.get(reverse("admin:home_part", args=["none"])).status_code == 404


def test_a_part_is_registered_once():
    with pytest.raises(ValueError, match="twice"):
        home.register(home.sections()[0])


def test_the_history_is_the_audit_log(account, admin):
    user = User.objects.get(memberships__account=account)
    segment, _ = upsert_from_text(
        account, 'FILTER AND ( x = "1" ) FROM user ALIAS first', Actor(user=user)
    )
    url = reverse("admin:definitions_segment_history", args=[segment.pk])
    page = admin.get(url).content.decode()
    assert user.email in page
    assert "create" in page


def test_a_segment_is_changed_without_telling(account, admin):
    row = ROWS["definitions.segment"](account, "own")
    url = reverse("admin:definitions_segment_change", args=[row.pk])
    values = {"name": "New name", "filterql": 'FILTER AND ( x = "2" ) FROM user'}
    admin.post(url, {**values, "slug": "new_slug", "moved": "baseline", "tags": "a,b"})
    segment = Segment.objects.for_account(account).get(pk=row.pk)
    assert (segment.name, segment.slug, segment.tags) == (
        "New name",
        "new_slug",
        ["a", "b"],
    )
    assert segment.version == 2
    assert segment.recompute.silent


def test_a_slug_that_is_taken_is_refused(account, admin):
    ROWS["definitions.segment"](account, "own")
    url = reverse("admin:definitions_segment_add")
    values = {"slug": "own-slug", "filterql": 'FILTER AND ( x = "2" ) FROM user'}
    page = admin.post(url, values).content.decode()
    assert "Another segment has the slug “own-slug”" in page
    assert Segment.objects.for_account(account).get().version == 1


def test_a_segment_without_a_name_is_asked_for_one(account, admin):
    url = reverse("admin:definitions_segment_add")
    page = admin.post(url, {"filterql": 'FILTER x = "2"'}).content.decode()
    assert "Give the segment a name." in page
    assert "slug_name" not in page


def test_what_uses_a_segment_is_a_click_away(account, admin):
    inner, _ = upsert_from_text(account, 'FILTER x = "2" ALIAS inner', SYSTEM)
    outer, _ = upsert_from_text(account, "FILTER INCLUDE inner ALIAS outer", SYSTEM)
    link = reverse("admin:definitions_segment_change", args=[outer.pk])
    for name in ("change", "delete"):
        url = reverse(f"admin:definitions_segment_{name}", args=[inner.pk])
        assert f'href="{link}">outer</a>' in admin.get(url).content.decode()


def test_the_job_that_uses_a_segment_is_named(account, admin):
    subscription = ROWS["subscriptions.subscription"](account, "own")
    segment = subscription.segments.get()
    url = reverse("admin:definitions_segment_change", args=[segment.pk])
    link = reverse("admin:subscriptions_subscription_change", args=[subscription.pk])
    page = admin.get(url).content.decode()
    assert f'href="{link}">{subscription}</a> and its job' in page
    assert subscription.job.public_id in page


def test_a_page_that_breaks_says_so_in_html(account, admin, monkeypatch):
    def break_down(request):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("lyticsapp.face.views.home_part", break_down)
    admin.raise_request_exception = False
    response = admin.get(reverse("admin:home_part", args=["events"]))
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()
