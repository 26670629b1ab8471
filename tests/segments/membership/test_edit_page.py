"""What an editor is asked before an edit of a segment in use is saved."""

from __future__ import annotations

import pytest
from django.urls import reverse

from segments.definitions import dependencies
from segments.definitions.dependencies import Dependant
from segments.definitions.models import Recompute, Segment
from segments.membership import edit_page

OLD, NEW = "FILTER age >= 7\nALIAS grown", "FILTER age >= 5\nALIAS grown"


@pytest.fixture
def grown(segment_with, crowd):
    return segment_with(OLD, crowd[7:])


def url_of(segment):
    return reverse("admin:definitions_segment_change", args=[segment.pk])


def values(**changed):
    return {
        "name": "Grown",
        "slug": "grown",
        "description": "Those who are grown",
        "filterql": NEW,
        "tags": "a,b",
        "is_public": "on",
    } | changed


def stored(segment):
    return Segment.objects.for_account(segment.account_id).get(pk=segment.pk)


def texts(response):
    return " ".join(response.content.decode().split())


def test_it_shows_who_would_move_and_saves_nothing(browser, grown):
    response = browser.post(url_of(grown), values())
    assert response.status_code == 200
    (move,) = response.context["consequences"].moves
    assert sorted(map(str, move.entering.users)) == ["u5", "u6"]
    assert move.leaving.users == []
    assert "u5" in texts(response)
    assert stored(grown).filterql == OLD
    assert stored(grown).name == "grown"
    assert not Recompute.objects.for_account(grown.account_id).exists()


@pytest.mark.parametrize(("answer", "silent"), [("tell", False), ("baseline", True)])
def test_the_answer_saves_what_was_edited(browser, grown, answer, silent):
    asked = browser.post(url_of(grown), values())
    carried = dict(asked.context["carried"])
    assert carried == values()
    response = browser.post(url_of(grown), carried | {"moved": answer})
    assert response.status_code == 302
    segment = stored(grown)
    assert (segment.filterql, segment.name, segment.version) == (NEW, "Grown", 2)
    assert (segment.tags, segment.is_public) == (["a", "b"], True)
    assert segment.recompute.silent is silent


def test_who_goes_back_loses_nothing(browser, grown):
    response = browser.post(url_of(grown), values(moved="back"))
    assert response.status_code == 200
    assert edit_page.NOT_SAVED in texts(response)
    form = response.context["adminform"].form
    shown = {name: form[name].value() for name in ("name", "filterql", "tags")}
    assert shown == {"name": "Grown", "filterql": NEW, "tags": "a,b"}
    assert stored(grown).filterql == OLD


def test_it_shows_who_moves_through_includes_and_who_is_told(
    browser, grown, segment_with, crowd, monkeypatch
):
    young = segment_with("FILTER NOT INCLUDE grown ALIAS young", crowd[:7])
    segment_with("FILTER age = 1 ALIAS apart", crowd[1:2])
    heard = {young.pk: [Dependant("subscription", "0" * 32, "To the shop")]}
    monkeypatch.setattr(
        dependencies, "_reporters", [lambda asked: heard.get(asked.pk, [])]
    )
    response = browser.post(url_of(grown), values())
    found = response.context["consequences"]
    assert [each.segment.slug for each in found.moving] == ["grown", "young"]
    assert sorted(map(str, found.moving[1].leaving.users)) == ["u5", "u6"]
    assert "To the shop" in texts(response)


@pytest.mark.parametrize("filterql", [OLD, "FILTER age>=7 ALIAS grown"])
def test_who_leaves_the_filter_as_it_is_is_not_asked(browser, grown, filterql):
    response = browser.post(url_of(grown), values(filterql=filterql))
    assert response.status_code == 302
    assert stored(grown).name == "Grown"
    assert not Recompute.objects.for_account(grown.account_id).exists()


def test_who_edits_what_nobody_uses_is_not_asked(browser, segment_with, crowd):
    unused = segment_with(OLD)
    assert browser.post(url_of(unused), values()).status_code == 302
    assert stored(unused).filterql == NEW


def test_it_asks_where_one_that_includes_it_is_in_use(browser, segment_with, crowd):
    unused = segment_with(OLD)
    segment_with("FILTER NOT INCLUDE grown ALIAS young", crowd)
    assert browser.post(url_of(unused), values()).status_code == 200
    assert stored(unused).filterql == OLD


def test_it_asks_where_a_subscription_listens(
    browser, segment_with, crowd, monkeypatch
):
    unused = segment_with(OLD)
    told = [Dependant("subscription", "0" * 32, "To the shop")]
    monkeypatch.setattr(dependencies, "_reporters", [lambda asked: told])
    assert browser.post(url_of(unused), values()).status_code == 200


@pytest.mark.parametrize(
    "filterql", ["FILTER (", "FILTER INCLUDE grown", "FILTER INCLUDE x"]
)
def test_what_cannot_be_saved_is_refused_before_anything_is_asked(
    browser, grown, filterql
):
    response = browser.post(url_of(grown), values(filterql=filterql))
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["filterql"]
    assert stored(grown).filterql == OLD


def test_it_says_where_nobody_is_told_anyway(browser, grown):
    Recompute.objects.create(account=grown.account, segment=grown, silent=True, total=1)
    response = browser.post(url_of(grown), values())
    assert response.context["consequences"].silent_anyway
