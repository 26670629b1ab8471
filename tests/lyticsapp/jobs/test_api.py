"""Jobs over the API, in both generations."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Scope
from lyticsapp.jobs import log
from lyticsapp.jobs.models import Job, JobLog, JobRun, JobState, LogLevel, RunState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("test_workflows")]


def caller(account, *scopes):
    issued = tokens.issue(
        account=account, name="test", scopes=scopes or [Scope.JOBS], actor=SYSTEM
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=issued.text)
    return client


@pytest.fixture
def api(account):
    return caller(account)


@pytest.fixture
def body(keys):
    return {
        "name": "Sheep",
        "workflow": "count_up",
        "auth_ids": [keys.public_id],
        "config": {"upto": 5, "password": "hush-hush"},
    }


@pytest.fixture
def job(api, body):
    answer = api.post("/v2/job", body, format="json")
    assert answer.status_code == 201
    return answer.json()["data"]


def put(job, state):
    Job.across_accounts.filter(public_id=job["id"]).update(state=state)


class TestV2:
    def test_a_new_job_is_shown_without_its_secrets(self, job, keys, account):
        assert job["status"] == "initializing"
        assert job["workflow"] == "count_up"
        assert job["auth_ids"] == [keys.public_id]
        assert job["config"] == {"upto": 5, "password": "****"}
        kept = Job.objects.for_account(account).get()
        assert kept.secrets == {"password": "hush-hush"}

    def test_the_address_may_name_the_workflow_in_kebab_case(self, api, body):
        del body["workflow"]
        assert api.post("/v2/job/count-up", body, format="json").status_code == 201

    def test_a_job_can_be_held(self, api, body):
        answer = api.post("/v2/job?run_job=false", body, format="json").json()
        assert answer["data"]["status"] == "paused"

    @pytest.mark.parametrize(
        ("changed", "status", "code", "wrong"),
        [
            ({"workflow": "nope"}, 404, "WF-NOTFOUND-005", "'nope'"),
            ({"name": ""}, 400, "JOB-BADREQ-002", "label: is required"),
            ({"config": {}}, 400, "JOB-BADREQ-002", "upto: is required"),
            ({"config": {"x": 1}}, 400, "JOB-BADREQ-002", "config.x: is not a known"),
            ({"config": []}, 400, "JOB-BADREQ-002", "upto: is required"),
            ({"config": 5}, 400, "JOB-BADREQ-002", "config: must be a JSON object"),
            ({"auth_ids": ["0" * 32]}, 400, "JOB-BADREQ-002", "no authorization"),
            ({"auth_ids": "x"}, 400, "JOB-BADREQ-002", "an array of one id"),
            ({"surprise": 1}, 400, "JOB-BADREQ-002", "surprise: is not a known key"),
            ({"quiet_period": 3}, 501, "JOB-BADREQ-002", "quiet_period"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_code(
        self, api, body, changed, status, code, wrong
    ):
        answer = api.post("/v2/job", {**body, **changed}, format="json")
        assert answer.status_code == status
        (error,) = answer.json()["errors"]
        assert error["code"] == code
        assert wrong in error["message"]

    def test_a_put_replaces_the_whole_job(self, api, job, body, account):
        address = f"/v2/job/count-up/{job['id']}"
        changed = {**body, "name": "Goats", "config": {"upto": 9, "password": "****"}}
        answer = api.put(address, {**changed, "version": 1}, format="json").json()
        assert answer["data"]["name"] == "Goats"
        assert Job.objects.for_account(account).get().secrets
        stale = api.put(address, {**changed, "version": 1}, format="json")
        assert stale.status_code == 409
        api.put(address, {**body, "config": {"upto": 3}}, format="json")
        kept = Job.objects.for_account(account).get()
        assert (kept.config, kept.secrets) == ({"upto": 3}, None)

    def test_it_is_steered(self, api, job):
        address = f"/v2/job/count_up/{job['id']}"

        def do(command):
            answer = api.post(f"{address}/{command}")
            return answer.status_code, (answer.json()["data"] or {}).get("status")

        assert do("pause") == (200, "paused")
        assert do("pause")[0] == 200
        assert do("bounce")[0] == 409
        assert do("resume")[0] == 200
        put(job, JobState.FAILED)
        assert do("resume")[0] == 409
        assert do("bounce")[0] == 200
        assert do("dance")[0] == 404
        assert do("kill") == (200, "deleted")
        assert do("resume")[0] == 409

    def test_its_status_tells_of_the_run_under_way(self, api, job, account):
        kept = Job.objects.for_account(account).get()
        run = JobRun.objects.create(
            account=account, job=kept, state=RunState.RUNNING, failures=3
        )
        address = f"/v2/job/count_up/{job['id']}"

        def statuses():
            listed = api.get("/v2/job?show_all=true").json()["data"]
            return {api.get(address).json()["data"]["status"], listed[0]["status"]}

        put(job, JobState.RUNNING)
        assert statuses() == {"running"}
        put(job, JobState.PAUSED)
        assert statuses() == {"pausing"}
        put(job, JobState.DELETED)
        assert statuses() == {"deleting"}
        put(job, JobState.SLEEPING)
        JobRun.objects.for_account(account).filter(pk=run.pk).update(
            state=RunState.WAITING
        )
        assert statuses() == {"fault-3"}

    def test_the_list_hides_what_is_over(self, api, job):
        def listed(query=""):
            return [each["id"] for each in api.get(f"/v2/job{query}").json()["data"]]

        assert listed() == [job["id"]]
        assert listed("?workflow=webhook-triggers") == []
        assert listed(f"?auth_ids={job['auth_ids'][0]}") == [job["id"]]
        assert listed(f"?auth_ids={'0' * 32}") == []
        put(job, JobState.COMPLETED)
        assert listed() == []
        assert listed("?show_completed=true") == [job["id"]]
        put(job, JobState.DELETED)
        assert listed("?show_deleted=true") == []
        assert listed("?show_deleted=true&show_completed=true") == [job["id"]]
        assert listed("?show_all=true") == [job["id"]]

    def test_its_log_is_told_newest_first(self, api, job, account):
        kept = Job.objects.for_account(account).get()
        log.write(kept, "Uh-oh.", level=LogLevel.ERROR, context={"row": 3})
        address = f"/v2/job/count_up/{job['id']}/logs"
        first = api.get(address).json()["data"][0]
        assert (first["message"], first["level"]) == ("Uh-oh.", "error")
        assert first["context"] == {"row": 3}
        quiet = api.get(f"{address}?include_errors=false").json()["data"]
        assert {each["level"] for each in quiet} == {"info"}
        assert len(api.get("/v2/job/logs").json()["data"]) == len(quiet) + 1
        old = timezone.now() - timedelta(hours=25)
        JobLog.objects.for_account(account).update(at=old)
        assert api.get("/v2/job/logs").json()["data"] == []


class TestV1:
    def test_work_is_made_listed_steered_and_deleted(self, api, body):
        said = {**body, "workflow_id": body.pop("workflow")}
        made = api.post("/api/work", said, format="json")
        assert made.status_code == 201
        work = made.json()["data"]
        assert (work["name"], work["statuscode"]) == ("Sheep", "initializing")
        address = f"/api/work/{work['id']}"
        assert api.get(address).json()["data"]["id"] == work["id"]
        paused = api.post(f"{address}/pause").json()["data"]
        assert paused["statuscode"] == "paused"
        lasting = api.post(f"{address}/pause?for=1h")
        assert lasting.status_code == 200
        assert Job.across_accounts.get().resumes_at is not None
        assert api.post(f"{address}/pause?for=soon").status_code == 400
        found = api.get("/api/work/_status?status=paused").json()["data"]
        assert [each["id"] for each in found] == [work["id"]]
        assert api.delete(address).status_code == 204
        assert api.get("/api/work").json()["data"] == []
        assert api.get(address).json()["data"]["deleted"] is True

    def test_all_that_failed_is_bounced(self, api, job):
        put(job, JobState.FAILED)
        bounced = api.post("/api/work/_bounceall").json()["data"]
        assert [each["id"] for each in bounced] == [job["id"]]
        assert api.get("/api/work/_status?status=failed").json()["data"] == []

    def test_workflows_are_listed_with_their_schema(self, api):
        listed = {w["workflow"]: w for w in api.get("/api/workflow").json()["data"]}
        counting = listed["count_up"]
        assert counting["kind"] == "batch"
        assert [field["name"] for field in counting["fields"]] == [
            "upto",
            "beach",
            "password",
        ]
        assert counting["schema"]["required"] == ["upto"]
        assert counting["schema"]["properties"]["upto"]["type"] == "integer"
        assert counting["schema"]["properties"]["password"]["writeOnly"] is True
        assert "webhook_triggers" in listed


def test_an_account_sees_its_own_jobs_only(job, body):
    other = caller(Account.objects.create(name="Stranger"))
    address = f"/v2/job/count_up/{job['id']}"
    assert other.get("/v2/job").json()["data"] == []
    assert other.get(address).status_code == 404
    assert other.post(f"{address}/kill").status_code == 404
    assert other.get(f"/api/work/{job['id']}").status_code == 404
    refused = other.post("/v2/job", body, format="json")
    assert "no authorization" in refused.json()["message"]


def test_a_token_needs_the_scope(account, job):
    data = caller(account, Scope.DATA)
    assert data.get("/v2/job").status_code == 403
    assert data.get("/api/workflow").status_code == 403
