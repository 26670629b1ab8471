"""Going through the users of a segment or of a filter, page by page."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Scope
from segments.definitions.upsert import upsert_from_text
from segments.membership import sampling, scan
from segments.membership.models import Membership
from tests.segments.membership.people import AT, make_fields, make_profiles

GROWN = "FILTER age >= 5"


@pytest.fixture
def people(account):
    make_fields(account, age="int", user_id="string")
    bodies = [{"user_id": f"u{n:02}", "age": n * 7 % 25} for n in range(25)]
    profiles = make_profiles(account, bodies)
    for number, profile in enumerate(profiles):
        profile.modified_at = AT + timedelta(minutes=number * 3 % 25)
        profile.save()
    return profiles


@pytest.fixture
def segment(account, people, stranger):
    make_profiles(stranger, [{"age": 20}])
    segment, _ = upsert_from_text(account, f"{GROWN} ALIAS grown", SYSTEM)
    for profile in people:
        if profile.fields["age"] >= 5:
            profile.segment_ids = [segment.pk]
            profile.save()
            Membership.objects.create(
                account=account, segment=segment, profile=profile, entered_at=AT
            )
    Membership.objects.create(
        account=account,
        segment=segment,
        profile=next(p for p in people if p.fields["age"] < 5),
        entered_at=AT,
        left_at=AT,
    )
    return segment


def pages(get, **params):
    """All pages, as clients go through them."""
    start = ""
    while True:
        body = get({**params, "start": start}).json()
        assert body["status"] == 200, body
        yield body
        start = body["_next"]
        if not start:
            return


def of_segment(api):
    return lambda params: api.get("/api/segment/grown/scan", params)


def users(bodies):
    return [each["user_id"] for body in bodies for each in body["data"]]


def ages(bodies):
    return [each["age"] for body in bodies for each in body["data"]]


def test_a_page_is_as_the_documents_show_it(api, segment):
    body = api.get("/api/segment/grown/scan").json()
    assert body.keys() == {"status", "message", "data", "_next", "total"}
    assert (body["status"], body["message"], body["total"]) == (200, "success", 20)
    assert len(body["data"]) == 10
    first = body["data"][0]
    assert first["age"] >= 5
    assert first["segments"] == ["grown", "all"]
    assert first["_created"] == "2024-05-01T00:00:00.000000Z"


@pytest.mark.parametrize("limit", [1, 3, 20, 100, 1000])
def test_the_pages_hold_everybody_once(api, segment, people, limit):
    bodies = list(pages(of_segment(api), limit=limit))
    expected = [p.fields["user_id"] for p in people if p.fields["age"] >= 5]
    assert users(bodies) == expected
    assert {body["total"] for body in bodies} == {20}
    assert len(bodies) == -(-20 // min(limit, 100))


def test_a_segment_can_be_named_in_the_query(api, segment):
    for ref in ("grown", segment.public_id):
        body = api.get("/api/segment/scan", {"id": ref, "limit": 100}).json()
        assert len(body["data"]) == 20


@pytest.mark.parametrize("limit", [3, 100])
def test_users_can_be_sorted_by_a_field(api, segment, limit):
    params = {"sortfield": "age", "limit": limit}
    assert ages(pages(of_segment(api), **params)) == list(range(5, 25))
    params |= {"sortorder": "desc"}
    assert ages(pages(of_segment(api), **params)) == list(range(24, 4, -1))


def test_the_most_recent_come_first_on_demand(api, segment):
    bodies = pages(of_segment(api), recent="t", limit=7)
    newest = [each["_modified"] for body in bodies for each in body["data"]]
    assert newest == sorted(newest, reverse=True)
    assert len(newest) == 20


def test_a_large_segment_is_not_sorted(api, segment, monkeypatch):
    monkeypatch.setattr(scan, "SORTED_AT_MOST", 19)
    answer = api.get("/api/segment/grown/scan", {"sortfield": "age"})
    assert answer.status_code == 400
    assert "20 users" in answer.json()["message"]


def test_only_wanted_fields_are_shown(api, segment):
    body = api.get("/api/segment/grown/scan?fields=user_id,_created&limit=1").json()
    (user,) = body["data"]
    assert user.keys() == {"user_id", "_created", "segments"}


def test_meta_is_told_on_demand(api, segment, account):
    body = api.get("/api/segment/grown/scan", {"meta": "true"}).json()
    assert body["meta"]["by_fields"] == account.identity_fields


def test_splits_are_parts_of_the_whole(api, segment):
    first = ",".join(str(n) for n in range(50))
    second = ",".join(str(n) for n in range(50, 100))
    found = []
    for part in (first, second):
        bodies = list(pages(of_segment(api), splits=part, limit=4))
        found += users(bodies)
        assert {body["total"] for body in bodies} == {len(users(bodies))}
    assert len(found) == len(set(found)) == 20


def of_filter(api, text, *, method="GET", path="/api/segment/scan"):
    def get(params):
        query = "&".join(f"{name}={value}" for name, value in params.items())
        return api.generic(method, f"{path}?{query}", text, content_type="text/plain")

    return get


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_a_filter_is_gone_through(api, people, method, limit):
    bodies = list(pages(of_filter(api, GROWN, method=method), limit=limit))
    assert sorted(ages(bodies)) == list(range(5, 25))
    assert {body["total"] for body in bodies} == {20}
    assert max(len(body["data"]) for body in bodies) == min(limit, 20)


def test_a_filter_can_stand_in_the_query(api, people):
    tree = {"op": ">=", "args": [{"ident": "age"}, {"val": "5"}]}
    for text in (GROWN, json.dumps(tree)):
        answer = api.get("/api/segment/scan", {"segments": text, "limit": 100})
        assert len(answer.json()["data"]) == 20


def test_a_page_of_a_filter_looks_at_so_many_and_no_more(api, people, monkeypatch):
    monkeypatch.setattr(scan, "LOOKED_AT_ONCE", 2)
    monkeypatch.setattr(scan, "LOOKED_AT_MOST", 4)
    bodies = list(pages(of_filter(api, "FILTER age = 24")))
    assert len(bodies) == 7
    assert ages(bodies) == [24]


def test_a_page_of_a_filter_ends_in_time(api, people, monkeypatch):
    monkeypatch.setattr(scan, "LOOKED_AT_ONCE", 5)
    monkeypatch.setattr(scan, "LONGEST_S", 0)
    bodies = list(pages(of_filter(api, "FILTER age = 24")))
    assert len(bodies) == 5
    assert ages(bodies) == [24]


def test_the_splits_of_a_filter_are_those_of_a_segment(api, segment):
    part = ",".join(map(str, range(30)))
    ours = list(pages(of_segment(api), splits=part, limit=100))
    found = list(pages(of_filter(api, GROWN), splits=part, limit=100))
    assert users(found) == users(ours)
    assert found[0]["total"] == ours[0]["total"]


def test_an_estimated_total_says_so(api, account, people, monkeypatch):
    monkeypatch.setattr(sampling, "ALL_UP_TO", 10)
    monkeypatch.setattr(sampling, "LONGEST_S", 0)
    monkeypatch.setattr(sampling, "LOT", 10)
    bodies = list(pages(of_filter(api, GROWN), limit=7))
    assert len({body["total"] for body in bodies}) == 1
    assert all(body["total_margin"] > 0 for body in bodies)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=²",
        "start=x",
        "start=1-2",
        "splits=100",
        "splits=a",
        "sortorder=up",
        "sortfield=age&segments=FILTER+*",
        "segments=FILTER+(",
        "segments={",
        "segments=FILTER+INCLUDE+nobody",
        "",
    ],
)
def test_what_makes_no_sense_is_refused(api, segment, query):
    ref = "" if "segments" in query or not query else "&id=grown"
    answer = api.get(f"/api/segment/scan?{query}{ref}")
    assert answer.status_code == 400, answer.content
    assert answer.json()["message"]


def test_users_are_shown_to_those_who_may_see_data(api_of, account, segment):
    assert (
        api_of(account, Scope.SEGMENTS).get("/api/segment/grown/scan").status_code
        == 403
    )
    assert api_of(account, Scope.DATA).get("/api/segment/grown/scan").status_code == 200


def test_a_page_costs_the_same_number_of_queries(
    api, segment, django_assert_max_num_queries
):
    with django_assert_max_num_queries(8):
        api.get("/api/segment/grown/scan", {"limit": 100})
