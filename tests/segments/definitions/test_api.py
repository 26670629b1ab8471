"""The segment endpoints, as the documents show them."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.models import Scope
from segments.definitions.models import Segment

PAYING = """
-- Paying Users Segment
FILTER AND (
paying_user = "t"
)
FROM user
ALIAS demo_segment
"""
DOCUMENTED_KEYS = {
    "id",
    "account_id",
    "author_id",
    "name",
    "slug_name",
    "description",
    "kind",
    "table",
    "is_public",
    "tags",
    "segment_ql",
    "fields",
    "includes",
    "invalid",
    "created",
    "updated",
}


def post_text(api, text, content_type="text/plain"):
    return api.generic("POST", "/api/segment", text, content_type=content_type)


@pytest.fixture
def demo(api):
    return post_text(api, PAYING).json()["data"]


def test_text_creates_a_segment(api, account):
    answer = post_text(api, PAYING)
    body = answer.json()
    assert answer.status_code == 201
    assert (body["status"], body["message"]) == (201, "created")
    assert body["data"].keys() >= DOCUMENTED_KEYS
    assert body["data"]["account_id"] == account.public_id
    assert body["data"]["slug_name"] == body["data"]["name"] == "demo_segment"
    assert body["data"]["description"] == "Paying Users Segment"
    assert body["data"]["fields"] == ["paying_user"]
    assert len(body["data"]["id"]) == 32


def test_the_same_alias_updates(api, demo):
    answer = post_text(api, 'FILTER paying_user = "yes" ALIAS demo_segment')
    assert answer.status_code == 200
    assert answer.json()["message"] == "updated"
    assert answer.json()["data"]["id"] == demo["id"]


@pytest.mark.parametrize(
    "content_type", ["text/plain; charset=utf-8", "application/x-www-form-urlencoded"]
)
def test_any_type_but_json_is_text(api, content_type):
    assert post_text(api, PAYING, content_type).status_code == 201


def test_json_creates_a_segment(api):
    body = {
        "name": "Big spenders",
        "segment_ql": "FILTER AND ( spent > 100, visits > 5 )",
        "slug_name": "big_spenders",
        "description": "They spend",
        "tags": ["money"],
        "is_public": True,
        "kind": "goal",
        "table": "user",
    }
    answer = api.post("/api/segment", body, format="json")
    data = answer.json()["data"]
    assert answer.status_code == 201
    kept = {key: data[key] for key in body if key != "segment_ql"}
    assert kept == {key: body[key] for key in kept}
    assert data["segment_ql"].startswith(body["segment_ql"])
    assert data["fields"] == ["spent", "visits"]


def test_json_takes_a_tree(api):
    tree = {"op": "=", "args": [{"ident": "paying_user"}, {"val": "t"}]}
    answer = api.post("/api/segment", {"name": "Payers", "ast": tree}, format="json")
    assert answer.status_code == 201
    assert answer.json()["data"]["slug_name"] == "payers"


def test_a_fetched_segment_can_be_sent_back(api, demo):
    fetched = api.get("/api/segment/demo_segment").json()["data"]
    answer = api.put(f"/api/segment/{demo['id']}", fetched, format="json")
    assert answer.status_code == 200
    assert answer.json()["data"] == fetched


def test_the_list_is_an_array_of_the_segments(api, demo):
    post_text(api, "FILTER x > 1 ALIAS another")
    body = api.get("/api/segment").json()
    assert body["status"] == 200
    assert [each["slug_name"] for each in body["data"]] == ["another", "demo_segment"]
    assert all(each.keys() >= DOCUMENTED_KEYS for each in body["data"])
    assert body["_next"] == ""


def test_the_list_costs_the_same_number_of_queries(
    api, demo, django_assert_max_num_queries
):
    for number in range(20):
        post_text(api, f"FILTER x > {number} ALIAS s{number}")
    with django_assert_max_num_queries(5):
        assert len(api.get("/api/segment").json()["data"]) == 21


def test_a_long_list_comes_in_parts(api, demo, monkeypatch):
    post_text(api, "FILTER x > 1 ALIAS another")
    monkeypatch.setattr("segments.definitions.lookup.LISTED_AT_MOST", 1)
    first = api.get("/api/segment").json()
    assert [each["slug_name"] for each in first["data"]] == ["another"]
    second = api.get("/api/segment", {"start": first["_next"]}).json()
    assert [each["slug_name"] for each in second["data"]] == ["demo_segment"]


def test_the_list_may_be_narrowed_to_valid_segments(api, account, demo):
    Segment.objects.create(account=account, slug="old", name="Old", filterql="FILTER (")
    slugs = {}
    for valid in ("true", "false", "all"):
        body = api.get("/api/segment", {"valid": valid}).json()
        slugs[valid] = [each["slug_name"] for each in body["data"]]
    assert slugs == {
        "true": ["demo_segment"],
        "false": ["old"],
        "all": ["demo_segment", "old"],
    }
    assert api.get("/api/segment", {"valid": "perhaps"}).status_code == 400


def test_the_list_of_another_table_is_empty(api, demo):
    assert api.get("/api/segment", {"table": "content"}).json()["data"] == []


@pytest.mark.parametrize("ref", ["id", "slug_name"])
def test_it_is_fetched_by_id_or_slug(api, demo, ref):
    data = api.get(f"/api/segment/{demo[ref]}").json()["data"]
    assert data["id"] == demo["id"]
    assert data["ast"]["op"] in ("=", "==")


def test_an_update_changes_only_what_it_names(api, demo):
    answer = api.put("/api/segment/demo_segment", {"name": "Payers"}, format="json")
    data = answer.json()["data"]
    assert answer.status_code == 200
    assert data["name"] == "Payers"
    assert data["segment_ql"] == demo["segment_ql"]
    assert data["description"] == "Paying Users Segment"


def test_an_update_may_be_posted_as_text(api, demo):
    answer = api.generic(
        "POST",
        f"/api/segment/{demo['id']}",
        "FILTER x > 5 ALIAS demo_segment",
        content_type="text/plain",
    )
    assert answer.json()["data"]["fields"] == ["x"]


def test_an_update_renames_by_slug_or_alias(api, demo):
    url = f"/api/segment/{demo['id']}"
    answer = api.put(url, {"slug_name": "payers"}, format="json")
    assert answer.json()["data"]["slug_name"] == "payers"
    assert answer.json()["data"]["segment_ql"].endswith("ALIAS payers")
    answer = api.put(url, {"segment_ql": "FILTER x > 1 ALIAS others"}, format="json")
    assert answer.json()["data"]["slug_name"] == "others"


def test_it_is_deleted(api, demo):
    answer = api.delete("/api/segment/demo_segment")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"/api/segment/{demo['id']}").status_code == 404


def test_it_is_not_deleted_while_another_includes_it(api, demo):
    post_text(api, "FILTER INCLUDE demo_segment ALIAS outer")
    answer = api.delete("/api/segment/demo_segment")
    assert answer.status_code == 409
    assert '"outer"' in answer.json()["message"]


def test_invalid_text_answers_with_the_place(api):
    answer = post_text(api, "FILTER AND (\n  x = ,\n) ALIAS a")
    body = answer.json()
    assert (answer.status_code, body["status"], body["data"]) == (400, 400, None)
    assert body["message"].startswith("Invalid SegmentQL: line 2, column ")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"segment_ql": "FILTER INCLUDE nowhere ALIAS a"}, "nowhere"),
        ({"segment_ql": "FILTER INCLUDE a ALIAS a"}, "a -> a"),
        ({"segment_ql": "FILTER x > 1 FROM content ALIAS a"}, "content"),
        ({"segment_ql": "FILTER x > 1", "name": "A", "table": "content"}, "content"),
        ({"segment_ql": "FILTER x > 1"}, "slug_name"),
        ({"name": "A"}, "segment_ql"),
        ({"segment_ql": 5, "name": "A", "tags": "money"}, "tags"),
        ({"ast": {"op": "nonsense"}, "name": "A"}, "Invalid SegmentQL"),
        ({"segment_ql": "FILTER x > 1", "name": "A" * 201}, "name"),
        ([], "list"),
    ],
)
def test_bad_values_are_named(api, account, body, named):
    answer = api.post("/api/segment", body, format="json")
    assert answer.status_code == 400
    assert named in answer.json()["message"]
    assert not Segment.objects.for_account(account).exists()


def test_bytes_that_are_no_text_are_refused(api):
    answer = post_text(api, b"FILTER x = \xff ALIAS a")
    assert answer.status_code == 400
    assert "UTF-8" in answer.json()["message"]


def test_validate_checks_and_saves_nothing(api, account):
    good = api.generic(
        "POST", "/api/segment/validate", "FILTER x > 1", content_type="text/plain"
    )
    assert good.json() == {"data": None, "status": 200, "message": "success"}
    bad = api.generic(
        "POST", "/api/segment/validate", "FILTER x >", content_type="text/plain"
    )
    assert bad.status_code == 400
    assert "line 1, column " in bad.json()["message"]
    assert not Segment.objects.for_account(account).exists()


@pytest.mark.parametrize("ref", ["id", "slug_name"])
def test_another_account_sees_and_changes_nothing(api_of, stranger, demo, ref):
    other = api_of(stranger)
    url = f"/api/segment/{demo[ref]}"
    assert other.get("/api/segment").json()["data"] == []
    assert other.get(url).status_code == 404
    assert other.put(url, {"name": "Mine"}, format="json").status_code == 404
    assert other.delete(url).status_code == 404
    assert post_text(other, PAYING).status_code == 201
    unchanged = Segment.across_accounts.get(public_id=demo["id"])
    assert unchanged.name == "demo_segment"


def test_it_asks_for_the_scope(api_of, account):
    assert api_of(account, Scope.DATA).get("/api/segment").status_code == 403
    assert api_of(account, Scope.SEGMENTS).get("/api/segment").status_code == 200
