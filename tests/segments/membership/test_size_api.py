"""The sizes of segments and of filters, now and over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from lyticsapp.accounts.audit import SYSTEM
from segments.definitions.models import Segment
from segments.definitions.upsert import upsert_from_text
from segments.membership import movements, sampling
from segments.membership.models import Membership
from segments.profiles.models import Profile
from tests.segments.membership.people import make_fields, make_profiles

AT = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def segment(account):
    segment, _ = upsert_from_text(account, "FILTER x > 1 ALIAS demo_segment", SYSTEM)
    for left_at in (None, None, AT):
        profile = Profile.objects.create(account=account, created_at=AT, modified_at=AT)
        Membership.objects.create(
            account=account,
            segment=segment,
            profile=profile,
            entered_at=AT,
            left_at=left_at,
        )
    return segment


@pytest.mark.parametrize("path", ["size", "sizes"])
def test_it_counts_who_is_in_now(api, segment, path):
    for ref in (segment.slug, segment.public_id):
        assert api.get(f"/api/segment/{ref}/{path}").json()["data"] == {
            "id": segment.public_id,
            "name": "demo_segment",
            "slug_name": "demo_segment",
            "size": 2,
        }


@pytest.mark.parametrize("path", ["size", "sizes", "scan", "attribution"])
def test_another_account_learns_nothing(api_of, stranger, segment, path):
    url = f"/api/segment/{segment.public_id}/{path}"
    assert api_of(stranger).get(url).status_code == 404


def test_it_counts_many(api, account, segment):
    upsert_from_text(account, 'FILTER x > 1 WITH kind = "goal" ALIAS goal', SYSTEM)
    upsert_from_text(account, "FILTER x > 1 ALIAS empty", SYSTEM)
    body = api.get("/api/segment/sizes").json()
    sizes = [(each["slug_name"], each["size"]) for each in body["data"]]
    assert sizes == [("demo_segment", 2), ("empty", 0)]
    assert body["_next"] == ""
    named = api.get(f"/api/segment/sizes?ids[]=goal&ids[]={segment.public_id}")
    slugs = [each["slug_name"] for each in named.json()["data"]]
    assert slugs == ["goal", "demo_segment"]
    assert api.get("/api/segment/sizes?ids=unknown").status_code == 404


def post(api, text, path="/api/segment/size"):
    return api.generic("POST", path, text, content_type="text/plain")


def test_it_counts_for_a_filter(api, account, stranger):
    make_fields(account, age="number")
    make_profiles(account, [{"age": str(age)} for age in range(10)])
    make_profiles(stranger, [{"age": "100"}])
    answer = post(api, "FILTER age > 6 ALIAS grown")
    assert answer.json()["data"] == {
        "id": "",
        "name": "grown",
        "slug_name": "grown",
        "size": 3,
        "exact": True,
        "margin": 0,
    }
    tree = {"ast": {"op": ">", "args": [{"ident": "age"}, {"val": "6"}]}}
    answer = api.post("/api/segment/size", tree, format="json")
    assert answer.json()["data"]["size"] == 3


def test_it_estimates_where_there_are_many(api, account, monkeypatch):
    monkeypatch.setattr(sampling, "ALL_UP_TO", 10)
    monkeypatch.setattr(sampling, "LONGEST_S", 0)
    monkeypatch.setattr(sampling, "LOT", 100)
    make_fields(account, age="number")
    make_profiles(account, [{"age": str(age % 2)} for age in range(400)])
    data = post(api, "FILTER age = 1").json()["data"]
    assert not data["exact"]
    assert abs(data["size"] - 200) < 100
    assert 10 < data["margin"] < 100


@pytest.mark.parametrize("text", ["FILTER (", "FILTER INCLUDE nobody", ""])
def test_it_refuses_what_no_segment_could_be(api, text):
    answer = post(api, text)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_it_tells_the_sizes_over_time(api, account, segment):
    hour = timedelta(hours=1)
    Segment.across_accounts.update(created_at=AT - 9 * hour)
    with connection.cursor() as cursor:
        for back, entered, exited in ((3, 5, 0), (1, 1, 4)):
            moved = [(segment.pk, entered, exited)]
            movements.record(cursor, account.pk, moved, AT - back * hour)
    other, _ = upsert_from_text(account, "FILTER x > 1 ALIAS empty", SYSTEM)
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        (shown,) = api.get("/api/segment/demo_segment/attribution?limit=5").json()[
            "data"
        ]
        both = api.get(
            f"/api/segment/attribution?ids=demo_segment,{other.public_id}"
        ).json()["data"]
    assert shown["id"] == segment.public_id
    assert [point["value"] for point in shown["metrics"]] == [0, 5, 5, 2, 2]
    assert shown["metrics"][0]["ts"] == str(int((AT - 3 * hour).timestamp() * 1000))
    assert shown["metrics"][-1]["ts"] == str(int(AT.timestamp() + 300) * 1000)
    assert [point["anomaly"] for point in shown["metrics"]] == [
        0.0,
        1.57,
        -0.17,
        -1.22,
        -0.17,
    ]
    assert [each["id"] for each in both] == [segment.public_id, other.public_id]
    assert api.get("/api/segment/attribution").status_code == 400
    assert api.get("/api/segment/demo_segment/attribution?limit=x").status_code == 400
