"""The page that shows why a user is in a segment."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from segments.filterql import explain, parse_filter
from segments.membership.explain_page import rows_of
from tests.segments.filterql.asking import NOW
from tests.segments.membership.people import make_profiles


def url_of(segment):
    return reverse("admin:definitions_segment_explain", args=[segment.pk])


def test_a_user_is_found_by_an_identity(browser, segment_with, crowd):
    segment = segment_with("FILTER age >= 7 ALIAS grown", [crowd[8]])

    answer = browser.get(url_of(segment), {"q": "u8"})

    (shown,) = answer.context["users"]
    assert shown.profile == crowd[8]
    assert (shown.why.is_member, shown.why.is_settled) == (True, True)
    text = answer.content.decode()
    assert "age &gt;= 7" in text
    assert "In the segment since" in text
    assert "If nothing happens, this stays so." in text


def test_a_user_is_named_by_their_page(browser, segment_with, crowd):
    segment = segment_with("FILTER age >= 7 ALIAS grown", [crowd[2]])
    address = f"{url_of(segment)}?profile={crowd[2].pk}"
    profile = reverse("admin:profiles_profile_change", args=[crowd[2].pk])

    assert address in browser.get(profile).content.decode()
    answer = browser.get(address)
    assert "The user is about to leave" in " ".join(answer.content.decode().split())


@pytest.mark.parametrize("query", ["q=nobody", "profile=x", "profile=999999", ""])
def test_nobody_is_explained_where_nobody_is_found(browser, segment_with, query):
    segment = segment_with("FILTER age >= 7 ALIAS grown")

    answer = browser.get(f"{url_of(segment)}?{query}")

    assert answer.context["users"] == []
    assert ("No such user" in answer.content.decode()) is bool(query)


def test_users_of_strangers_are_not_found(browser, segment_with, stranger, crowd):
    segment = segment_with("FILTER age >= 7 ALIAS grown")
    (theirs,) = make_profiles(stranger, [{"user_id": "theirs"}])

    for query in (f"profile={theirs.pk}", "q=theirs"):
        assert browser.get(f"{url_of(segment)}?{query}").context["users"] == []


def test_each_list_that_begins_ends(browser, segment_with, crowd):
    segment_with("FILTER age > 1 AND NOT (age == 3 OR age == 4) ALIAS some")
    segment = segment_with(
        "FILTER AND (INCLUDE some, OR (age < 5, NOT EXISTS age), age < 9) ALIAS all_of"
    )

    content = browser.get(url_of(segment), {"q": "u3"}).content.decode()

    found = _Lists()
    found.feed(content)
    assert found.open == []
    assert found.most == 6


class _Lists(HTMLParser):
    """Which lists and items are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.most = 0
        self.inside = 0

    def handle_starttag(self, tag, attrs):
        if tag in ("ul", "li"):
            self.open.append(tag)
            if self.inside or dict(attrs).get("class") == "f-why":
                self.inside += tag == "ul"
                self.most = max(self.most, self.inside)

    def handle_endtag(self, tag):
        if tag in ("ul", "li"):
            assert self.open.pop() == tag
            if self.inside:
                self.inside -= tag == "ul"


def test_as_deep_as_filters_may_be(browser, segment_with, crowd):
    text = "(age == 1 OR NOT EXISTS no AND " * 45 + "age > 5" + ")" * 45
    segment = segment_with(f"FILTER {text} ALIAS deep")

    assert browser.get(url_of(segment), {"q": "u6"}).status_code == 200
    explained = explain(
        parse_filter(f"FILTER {text}"), lambda name: None, {"age": 6}, NOW
    )
    assert sum(len(row.closes) for row in rows_of(explained.root)) == sum(
        bool(row.part.parts) for row in rows_of(explained.root)
    )
