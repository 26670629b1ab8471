"""The second generation of the segment endpoints, and what both have got since."""

from __future__ import annotations

import pytest

from lyticsapp.jobs.models import Job
from segments.definitions import dependencies
from segments.definitions.dependencies import Dependant
from segments.definitions.models import Recompute, Segment
from segments.membership.models import Membership
from segments.profiles.models import Profile


def save(api, text, path="/api/segment"):
    answer = api.generic("POST", path, text, content_type="text/plain")
    assert answer.status_code == 201, answer.content
    return answer.json()["data"]


def slugs(answer):
    return [each["slug_name"] for each in answer.json()["data"]]


@pytest.fixture
def demo(api):
    return save(api, "FILTER x > 1 ALIAS demo")


def test_an_answer_names_its_request(api, demo):
    answer = api.get("/v2/segment/demo", headers={"x-request-id": "r-1"})
    assert answer.json()["request_id"] == "r-1"
    assert answer.json()["status"] == 200
    assert answer.json()["data"]["id"] == demo["id"]


def test_an_error_has_a_code(api):
    body = api.get("/v2/segment/unknown", headers={"x-request-id": "r-2"}).json()
    assert (body["status"], body["request_id"]) == (404, "r-2")
    (error,) = body["errors"]
    assert (error["code"], error["level"]) == ("NOTFOUND-003", "warn")
    assert error["message"] == "Not Found"
    assert error["timestamp"].endswith("Z")


@pytest.mark.parametrize("body", [{"name": "x", "segment_ql": "FILTER ("}, {}])
def test_a_wrong_body_is_a_bad_request(api, body):
    answer = api.post("/v2/segment", body, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "BADREQ-001"


@pytest.mark.parametrize(
    "address", ["/v2/segment/demo,nope", "/api/segment?ids=demo,nope"]
)
def test_of_several_the_unknown_one_is_named(api, demo, address):
    answer = api.delete(address)
    assert answer.status_code == 404
    assert 'no segment has the id or slug "nope"' in answer.json()["message"]
    assert api.get("/v2/segment/demo").status_code == 200


def test_a_refused_token_is_answered_as_ever(client):
    answer = client.get("/v2/segment")
    assert answer.json() == {"data": None, "message": "Not authorized", "status": 401}


def test_a_new_segment_never_replaces_one(api, demo):
    first = save(api, "FILTER x > 2 ALIAS demo", "/v2/segment")
    second = save(api, "FILTER x > 3 ALIAS demo", "/v2/segment")
    assert (first["slug_name"], second["slug_name"]) == ("demo_1", "demo_2")
    assert "ALIAS demo_2" in second["segment_ql"]
    assert api.get("/v2/segment/demo").json()["data"] == demo


def test_an_update_may_not_take_anothers_slug(api, demo):
    save(api, "FILTER x > 1 ALIAS other")
    answer = api.put("/v2/segment/other", {"slug_name": "demo"}, format="json")
    assert answer.status_code == 400
    assert "Slug is already used." in answer.json()["errors"][0]["message"]
    answer = api.put("/v2/segment/other", {"name": "Others"}, format="json")
    assert answer.json()["data"]["name"] == "Others"


def test_the_list_can_be_narrowed_to_a_kind(api, demo):
    body = {"name": "goal", "kind": "goal", "segment_ql": "FILTER *"}
    api.post("/v2/segment", body, format="json")
    for path in ("/v2/segment", "/api/segment"):
        assert slugs(api.get(path, {"kind": "goal"})) == ["goal"]
        assert slugs(api.get(path, {"kind": "all"})) == ["demo", "goal"]


def test_sizes_are_told_on_demand(api, account, demo):
    save(api, "FILTER x > 1 ALIAS empty")
    segment = Segment.objects.for_account(account).get(slug="demo")
    profile = Profile.objects.for_account(account).get()
    Membership.objects.create(
        account=account,
        segment=segment,
        profile=profile,
        entered_at=profile.created_at,
    )
    for path in ("/v2/segment", "/api/segment"):
        listed = api.get(path, {"sizes": "true"}).json()["data"]
        assert [each["size"] for each in listed] == [1, 0]
        assert "size" not in api.get(path).json()["data"][0]
        one = api.get(f"{path}/demo", {"sizes": "t"}).json()["data"]
        assert one["size"] == 1
        assert one["ast"]
        assert "size" not in api.get(f"{path}/demo").json()["data"]


def test_a_list_with_sizes_comes_in_smaller_parts(api, demo, monkeypatch):
    save(api, "FILTER x > 1 ALIAS another")
    monkeypatch.setattr("segments.definitions.lookup.SIZED_AT_MOST", 1)
    first = api.get("/api/segment", {"sizes": "true"})
    assert (slugs(first), first.json()["_next"]) == (["another"], "another")
    second = api.get("/api/segment", {"sizes": "true", "start": "another"})
    assert slugs(second) == ["demo"]
    assert slugs(api.get("/api/segment")) == ["another", "demo"]


@pytest.mark.parametrize("generation", ["api", "v2"])
def test_ancestors_are_those_that_include_it(api, demo, generation):
    save(api, "FILTER INCLUDE demo ALIAS through")
    save(api, "FILTER NOT INCLUDE through ALIAS far")
    save(api, "FILTER y > 1 ALIAS apart")
    answer = api.get(f"/{generation}/segment/demo/ancestors")
    assert slugs(answer) == ["far", "through"]
    assert slugs(api.get(f"/{generation}/segment/far/ancestors")) == []


def test_several_are_deleted_at_once_or_none(api, demo):
    through = save(api, "FILTER INCLUDE demo ALIAS through")
    apart = save(api, "FILTER y > 1 ALIAS apart")
    refused = api.delete(f"/api/segment?ids=demo,{apart['id']}")
    assert refused.status_code == 409
    assert '"through"' in refused.json()["message"]
    assert slugs(api.get("/api/segment")) == ["apart", "demo", "through"]
    assert api.delete("/api/segment?ids=demo,none").status_code == 404
    assert api.delete("/api/segment").status_code == 400
    answer = api.delete(f"/api/segment?ids[]=demo&ids[]={through['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert slugs(api.get("/api/segment")) == ["apart"]


def test_v2_deletes_what_it_can_and_tells_of_the_rest(api, demo):
    through = save(api, "FILTER INCLUDE demo ALIAS through")
    apart = save(api, "FILTER y > 1 ALIAS apart")
    assert api.delete("/v2/segment/demo").status_code == 409
    data = api.delete(f"/v2/segment/demo,{apart['id']}").json()["data"]
    assert data["deleted"] == [apart["id"]]
    assert data["not_deleted"] == [demo["id"]]
    assert [each["slug_name"] for each in data["segments"]] == ["demo"]
    assert through["id"] in data["reasons"][demo["id"]]
    alone = api.delete("/v2/segment/through")
    assert (alone.status_code, alone.json()["data"]["deleted"]) == (
        200,
        [through["id"]],
    )


def test_it_lists_the_jobs_that_depend_on_it(api, account, demo, monkeypatch):
    job = Job.objects.create(account=account, workflow="webhook_triggers", label="Shop")
    Job.objects.create(account=account, workflow="webhook_triggers", label="Other")
    told = [Dependant("subscription", "0" * 32, "Shop", job_id=job.public_id)]
    monkeypatch.setattr(dependencies, "_reporters", [lambda asked: told])
    (shown,) = api.get("/v2/segment/demo/jobs").json()["data"]
    assert shown["id"] == job.public_id
    assert (shown["name"], shown["workflow"]) == ("Shop", "webhook_triggers")
    assert shown["status"] == "initializing"


@pytest.mark.parametrize("path", ["reevaluate", "demo/reevaluate"])
def test_it_can_be_evaluated_again(api, account, demo, path):
    Recompute.objects.for_account(account).delete()
    answer = api.post(f"/v2/segment/{path}", {"id": "demo"}, format="json")
    assert answer.status_code == 200, answer.content
    (walk,) = Recompute.objects.for_account(account)
    assert (walk.segment.slug, walk.silent) == ("demo", False)
    assert api.post("/v2/segment/reevaluate", {}, format="json").status_code == 400


def test_slugs_are_no_addresses(api):
    answer = api.generic(
        "POST", "/api/segment", "FILTER * ALIAS scan", content_type="text/plain"
    )
    assert answer.status_code == 400


def test_validation_tells_the_place_in_the_documented_words(api):
    answer = api.generic(
        "POST", "/api/segment/validate", "FILTER x >", content_type="text/plain"
    )
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Failed parsing segment QL: line 1")
    fine = api.generic(
        "POST", "/api/segment/validate", "FILTER nosuch > 1", content_type="text/plain"
    )
    assert fine.json() == {"data": None, "status": 200, "message": "success"}
