"""The endpoints of authorizations, providers and API tokens, as documented."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from lyticsapp.accounts.models import ApiToken, Scope
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs.models import Job, JobState
from tests.lyticsapp.authorizations.conftest import ACCESS_KEY, SECRET_KEY

pytestmark = pytest.mark.django_db

BODY = {
    "provider_id": "aws",
    "config": [
        {"name": "access_key", "value": ACCESS_KEY},
        {"name": "secret_key", "value": SECRET_KEY},
    ],
}


@pytest.fixture
def created(api):
    answer = api.post("/api/auth", BODY, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()["data"]


def test_one_is_made_by_the_documented_body(created):
    kept = Authorization.across_accounts.get()
    assert kept.secrets == {"secret_key": SECRET_KEY}
    assert created["id"] == kept.public_id
    assert created["name"] == created["label"] == "AWS Keys"
    assert created["provider_id"] == created["provider_slug"] == "aws"
    assert created["provider_name"] == "Amazon Web Services"
    assert (created["type"], created["method"]) == ("aws_keys", "keys")
    assert created["health"] == "unknown"
    assert created["modified_ms"] == round(kept.updated_at.timestamp() * 1000)


@pytest.mark.parametrize(
    "path", ["/api/auth", "/v2/auth", "/api/auth/{id}", "/v2/auth/{id}"]
)
def test_settings_are_not_shown_again(api, created, path):
    answer = api.get(path.format(**created))
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert created["id"] in shown
    assert "config" not in shown
    assert SECRET_KEY not in shown
    assert ACCESS_KEY not in shown


def test_a_change_keeps_what_is_left_out(api, created):
    body = {
        "label": "Ours",
        "description": "Of the shop",
        "config": [{"name": "secret_key", "value": "another-secret"}],
    }
    answer = api.put(f"/api/auth/{created['id']}", body, format="json")
    assert answer.json()["message"] == "updated"
    assert answer.json()["data"]["label"] == "Ours"
    kept = Authorization.across_accounts.get()
    assert kept.config["access_key"] == ACCESS_KEY
    assert kept.secrets == {"secret_key": "another-secret"}


def test_an_answer_can_be_sent_back(api, created):
    answer = api.put(f"/api/auth/{created['id']}", created, format="json")
    assert answer.status_code == 200, answer.content


def test_one_is_deleted(api, created):
    assert api.delete(f"/api/auth/{created['id']}").status_code == 204
    assert api.get(f"/api/auth/{created['id']}").status_code == 404


def test_one_in_use_is_kept_and_its_jobs_are_named(api, created):
    kept = Authorization.across_accounts.get()
    Job.objects.create(
        account=kept.account,
        workflow="count_up",
        label="Nightly",
        authorization=kept,
        state=JobState.SLEEPING,
    )
    answer = api.delete(f"/api/auth/{created['id']}")
    assert answer.status_code == 409
    assert "“Nightly”" in answer.json()["message"]


@pytest.mark.parametrize("other", [{"provider_id": "azure"}, {"method": "role"}])
def test_provider_and_method_stay(api, created, other):
    answer = api.put(f"/api/auth/{created['id']}", other, format="json")
    assert answer.status_code == 400
    assert "cannot be changed; it is" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "body: must be a JSON object."),
        ({}, "provider_id: is required: one of aws, azure, webhook."),
        ({**BODY, "oauth": {}}, "oauth: is not a known key."),
        ({**BODY, "config": {"a": "b"}}, "config: must be an array"),
        ({**BODY, "config": [{"value": "b"}]}, "config[0]: must be"),
        ({**BODY, "config": BODY["config"] * 2}, "config[2]: names 'access_key' again"),
        ({**BODY, "label": 7}, "label: must be a text."),
        ({**BODY, "method": "nope"}, "Amazon Web Services has no method 'nope'."),
        ({**BODY, "config": BODY["config"][:1]}, "secret_key: is required."),
    ],
)
def test_a_body_that_cannot_be_is_refused(api, body, told):
    answer = api.post("/api/auth", body, format="json")
    assert answer.status_code == 400, answer.content
    assert told in answer.json()["message"]
    assert SECRET_KEY not in answer.content.decode()


def test_an_unknown_provider_is_not_found(api):
    answer = api.post("/api/auth", {**BODY, "provider_id": "gcp"}, format="json")
    assert answer.status_code == 404
    assert "aws, azure, webhook" in answer.json()["message"]


def test_the_scope_of_jobs_reads_and_does_not_write(client_of, created):
    jobs = client_of(Scope.JOBS)
    assert jobs.get(f"/api/auth/{created['id']}").status_code == 200
    assert jobs.post("/api/auth", BODY, format="json").status_code == 403
    assert jobs.put(f"/api/auth/{created['id']}", {}, format="json").status_code == 403
    assert jobs.delete(f"/api/auth/{created['id']}").status_code == 403
    assert client_of(Scope.DATA).get("/api/auth").status_code == 403


@pytest.mark.parametrize(
    ("auth_type", "found"),
    [("", 1), ("aws", 1), ("aws_keys", 1), ("aws_role", 0), ("azure", 0)],
)
def test_v2_lists_those_of_a_type(api, created, auth_type, found):
    by_query = api.get("/v2/auth", {"auth_type": auth_type}).json()
    assert len(by_query["data"]) == found
    assert by_query["request_id"] is not None
    if auth_type:
        assert api.get(f"/v2/auth/{auth_type}").json()["data"] == by_query["data"]


def test_v2_finds_one_under_its_type(api, created):
    for kind in ("aws", "aws_keys"):
        answer = api.get(f"/v2/auth/{kind}/{created['id']}")
        assert answer.json()["data"]["id"] == created["id"]
    refused = api.get(f"/v2/auth/azure/{created['id']}")
    assert refused.status_code == 404
    assert refused.json()["errors"][0]["code"] == "AUTH-NOTFOUND-006"
    assert api.delete(f"/v2/auth/aws/{created['id']}").status_code == 204


def test_providers_are_described_by_their_declaration(api):
    aws = api.get("/api/provider/aws").json()["data"]
    assert (aws["slug"], aws["name"]) == ("aws", "Amazon Web Services")
    assert aws["auth_method"] == "keys"
    assert [(each["label"], each["control"]) for each in aws["config"]] == [
        ("Access Key", "text"),
        ("Secret Key", "password"),
    ]
    assert "role" in [method["method"] for method in aws["methods"]]
    assert api.get("/api/provider").json()["data"][0] == aws
    assert api.get("/api/provider/gcp").status_code == 404


def test_v2_tells_which_providers_are_connected(api, created):
    told = {
        p["slug"]: p["is_connected"] for p in api.get("/v2/provider").json()["data"]
    }
    assert told == {"aws": True, "azure": False, "webhook": False}


def test_a_token_is_made_and_lets_in(api):
    body = {"label": "Nightly", "scopes": ["jobs"], "expires": "720h"}
    answer = api.post("/api/auth/createtoken", body, format="json")
    assert answer.status_code == 201, answer.content
    made = answer.json()["data"]
    assert made["config"][0]["name"] == "api_key"
    token = ApiToken.across_accounts.get(public_id=made["id"])
    wait = token.expires_at - timezone.now()
    assert timedelta(hours=719) < wait <= timedelta(hours=720)

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=made["config"][0]["value"])
    assert client.get("/api/auth").status_code == 200
    assert client.post("/api/auth", BODY, format="json").status_code == 403


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "scopes: name some of data"),
        ({"scopes": ["jobs", "marketer"]}, 'Unknown roles "marketer"'),
        ({"scopes": ["jobs"], "expires": "3d"}, "expires: must be a time"),
        ({"scopes": ["jobs"], "expires": "9999999h"}, "expires: must be a time"),
        ({"scopes": ["jobs"], "name": "x" * 101}, "name: must be a text"),
    ],
)
def test_a_token_that_cannot_be_is_refused(api, body, told):
    answer = api.post("/api/auth/createtoken", body, format="json")
    assert answer.status_code == 400, answer.content
    assert told in answer.json()["message"]


def test_tokens_are_a_type_that_admins_see(api, client_of):
    listed = api.get("/v2/auth", {"auth_type": "api_token"}).json()["data"]
    assert [each["type"] for each in listed] == ["api_token"]
    assert listed[0]["expires"] == "0001-01-01T00:00:00Z"
    token_id = listed[0]["id"]
    assert api.get(f"/v2/auth/{token_id}").json()["data"]["label"] == "test"

    jobs = client_of(Scope.JOBS)
    assert jobs.get("/v2/auth", {"auth_type": "api_token"}).status_code == 403
    assert jobs.get(f"/v2/auth/{token_id}").status_code == 403


def test_a_token_is_revoked(api, client_of):
    client_of(Scope.JOBS)
    token = ApiToken.across_accounts.get(scopes=["jobs"])
    assert api.delete(f"/v2/auth/{token.public_id}").status_code == 204
    assert not ApiToken.across_accounts.filter(pk=token.pk).exists()
