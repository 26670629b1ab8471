"""Finding a user by an identity."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Scope
from segments.definitions.upsert import upsert_from_text
from segments.profiles.models import Field, FieldType, Identity, Profile

CREATED = datetime(2024, 5, 1, 12, tzinfo=UTC)
FIELDS = {
    "user_id": "user123",
    "visits": 5,
    "spent": 10,
    "last_login": "2024-04-30",
    "scores.momentum": 7,
    "scores.quantity": 8,
}
TYPES = {
    "user_id": FieldType.STRING,
    "visits": FieldType.INT,
    "spent": FieldType.NUMBER,
    "last_login": FieldType.DATE,
    "scores.momentum": FieldType.INT,
    "scores.quantity": FieldType.INT,
}
URL = "/api/entity/user/user_id/user123"


@pytest.fixture
def segment(account):
    return upsert_from_text(account, "FILTER visits > 1 ALIAS demo_segment", SYSTEM)[0]


@pytest.fixture(autouse=True)
def profile(account, segment):
    for name, kind in TYPES.items():
        Field.objects.create(account=account, name=name, type=kind)
    profile = Profile.objects.create(
        account=account,
        fields=FIELDS,
        segment_ids=[segment.pk],
        created_at=CREATED,
        modified_at=CREATED,
    )
    for value in ("user123", "a/b@example.com"):
        field = "email" if "@" in value else "user_id"
        Identity.objects.create(
            account=account, field=field, value=value, profile=profile
        )
    return profile


def test_it_shows_fields_and_segments(api):
    body = api.get(URL).json()
    assert (body["status"], body["message"]) == (200, "success")
    assert body["data"] == {
        "_created": "2024-05-01T12:00:00.000000Z",
        "_modified": "2024-05-01T12:00:00.000000Z",
        "user_id": "user123",
        "visits": 5,
        "spent": 10.0,
        "last_login": "2024-04-30T00:00:00.000000Z",
        "scores": {"momentum": 7, "quantity": 8},
        "segments": ["demo_segment", "all"],
    }
    assert body["meta"] == {
        "by_fields": ["user_id", "email", "_uid"],
        "conflicts": None,
        "format": "json",
        "name": "user",
    }


@pytest.mark.parametrize(
    "url", ["/api/me/user_id/user123", "/api/entity/user/email/a/b@example.com"]
)
def test_it_finds_the_user_by_each_identity(api, url):
    assert api.get(url).json()["data"]["user_id"] == "user123"


def test_a_missing_user_is_answered_with_200(api):
    answer = api.get("/api/entity/user/user_id/nobody")
    assert answer.status_code == 200
    assert answer.json()["message"] == "Not Found"
    assert answer.json()["data"] == {"segments": ["not_found", "all"]}


@pytest.mark.parametrize(
    "query",
    [
        "fields=visits,scores",
        "fields=[visits,scores]",
        'fields=["visits","scores"]',
        "fields=visits&fields=scores",
        "fields[]=visits&fields[]=scores",
    ],
)
def test_it_shows_the_fields_asked_for(api, query):
    data = api.get(f"{URL}?{query}").json()["data"]
    assert data == {
        "visits": 5,
        "scores": {"momentum": 7, "quantity": 8},
        "segments": ["demo_segment", "all"],
    }


def test_it_shows_one_key_of_a_map(api):
    data = api.get(URL, {"fields": "scores.momentum", "segments": "false"}).json()
    assert data["data"] == {"scores": {"momentum": 7}}


def test_it_shows_a_time_that_is_asked_for(api):
    data = api.get(URL, {"fields": "_modified", "segments": "0"}).json()["data"]
    assert data == {"_modified": "2024-05-01T12:00:00.000000Z"}


def test_it_lists_the_ids_of_segments_when_asked(api, segment):
    data = api.get(URL, {"allsegments": "true"}).json()["data"]
    assert data["segments_all"] == [segment.public_id]


def test_it_leaves_segments_and_meta_away_when_asked(api):
    body = api.get(URL, {"segments": "false", "meta": "false"}).json()
    assert "segments" not in body["data"]
    assert "meta" not in body


def test_it_refuses_what_is_neither_true_nor_false(api):
    answer = api.get(URL, {"segments": "perhaps"})
    assert answer.status_code == 400
    assert "segments" in answer.json()["message"]


def test_it_names_an_unknown_table(api):
    answer = api.get("/api/entity/content/user_id/user123")
    assert answer.status_code == 404
    assert '"content"' in answer.json()["message"]


def test_it_names_the_identity_fields_where_another_is_asked(api):
    answer = api.get("/api/entity/user/userid/user123")
    assert answer.status_code == 400
    assert "user_id, email, _uid" in answer.json()["message"]


def test_another_account_does_not_find_the_user(api_of, stranger):
    body = api_of(stranger).get(URL).json()
    assert body["message"] == "Not Found"


def test_it_asks_for_the_scope(api_of, account):
    assert api_of(account, Scope.SEGMENTS).get(URL).status_code == 403
    assert api_of(account, Scope.DATA).get(URL).status_code == 200
