"""What a segment was before, and the way back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from lyticsapp.accounts.audit import SYSTEM, Actor
from lyticsapp.accounts.models import Role, User
from segments.definitions import draft as drafts
from segments.definitions.models import Recompute, Segment
from segments.definitions.update import update
from segments.membership import versions_page
from segments.membership.versions_page import ADDED, KEPT, REMOVED, Line, difference


@pytest.fixture
def grown(segment_with, crowd):
    segment = segment_with("FILTER age >= 7\nALIAS grown", crowd[7:])
    user = User.objects.create_user("author@example.com")
    for text in ("FILTER age >= 5\nALIAS grown", "FILTER age >= 3\nALIAS grown"):
        update(segment, drafts.from_text(text), Actor(user=user))
    Recompute.objects.for_account(segment.account_id).delete()
    return Segment.objects.for_account(segment.account_id).get()


def url_of(segment):
    return reverse("admin:definitions_segment_versions", args=[segment.pk])


def test_it_tells_what_became_of_each_line():
    assert difference("FILTER x > 1\nALIAS a", "FILTER x > 2\nALIAS a") == [
        Line(REMOVED, "FILTER x > 1"),
        Line(ADDED, "FILTER x > 2"),
        Line(KEPT, "ALIAS a"),
    ]


def test_versions_are_listed_with_who_and_what(browser, grown):
    response = browser.get(url_of(grown))
    newest, middle, first = response.context["versions"]
    assert [each.version.version for each in (newest, middle, first)] == [3, 2, 1]
    assert (newest.is_present, middle.is_present) == (True, False)
    assert newest.lines[:2] == [
        Line(REMOVED, "FILTER age >= 5"),
        Line(ADDED, "FILTER age >= 3"),
    ]
    assert {line.kind for line in first.lines} == {ADDED}
    assert "author@example.com" in response.content.decode()


def test_the_last_of_a_page_is_compared_too(browser, grown, monkeypatch):
    monkeypatch.setattr(versions_page, "VERSIONS_PER_PAGE", 2)
    *_, last = browser.get(url_of(grown)).context["versions"]
    assert last.lines[0] == Line(REMOVED, "FILTER age >= 7")


def test_going_back_asks_as_an_edit_does(browser, grown):
    asked = browser.post(url_of(grown), {"version": "2"})
    assert asked.status_code == 200
    (move,) = asked.context["consequences"].moves
    assert sorted(map(str, move.entering.users)) == ["u5", "u6"]
    carried = dict(asked.context["carried"])
    answer = browser.post(url_of(grown), carried | {"moved": "baseline"})
    assert answer.status_code == 302
    segment = Segment.objects.for_account(grown.account_id).get()
    assert (segment.version, segment.filterql) == (4, "FILTER age >= 5\nALIAS grown")
    assert segment.recompute.silent


def test_going_back_keeps_the_slug_of_today(browser, segment_with, account, crowd):
    segment = segment_with("FILTER age >= 7 ALIAS grown")
    update(segment, drafts.from_text("FILTER age >= 5 ALIAS adult"), SYSTEM)
    assert browser.post(url_of(segment), {"version": "1"}).status_code == 302
    segment.refresh_from_db()
    assert segment.slug == "adult"
    assert "age >= 7" in segment.filterql


def test_who_does_not_go_back_after_all_stays(browser, grown):
    answer = browser.post(url_of(grown), {"version": "2", "moved": "back"})
    assert (answer.status_code, answer["location"]) == (302, url_of(grown))
    assert Segment.objects.for_account(grown.account_id).get().version == 3


@pytest.mark.parametrize("number", ["", "9", "x", "²", "1" * 30])
def test_there_is_no_way_back_to_what_never_was(browser, grown, number):
    assert browser.post(url_of(grown), {"version": number}).status_code == 404


def test_a_viewer_sees_versions_and_changes_nothing(browser_of, grown):
    viewer = browser_of(Role.VIEWER)
    page = viewer.get(url_of(grown))
    assert page.status_code == 200
    assert "Back to this version" not in page.content.decode()
    answer = viewer.post(url_of(grown), {"version": "1", "moved": "tell"})
    assert answer.status_code in (403, 404)
    assert Segment.objects.for_account(grown.account_id).get().version == 3
