"""The subscription endpoints, as the documents have them."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import AuditEntry, Scope
from lyticsapp.declaration.settings import Stored, reveal
from lyticsapp.jobs.models import Job
from segments.definitions.models import Segment
from subscriptions import lifecycle, lookup, retention
from subscriptions.errors import UnknownSubscriptionError
from subscriptions.models import Backfill, Delivery, Subscription
from subscriptions.request import Wanted
from tests.subscriptions.making import make_segment, make_subscription, moved, write

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:9/test"
QL = "FILTER AND ( score_momentum > 25, score_quantity > 25 ) ALIAS seg_webhook1"


def body(**more):
    return {"channel": "webhook", "name": "test1", "webhook_url": URL, **more}


def post(api, path="/api/subscription", **values):
    return api.post(path, values, format="json")


def made(api, segment, **more):
    answer = post(api, **body(segment_ids=[segment.public_id], **more))
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_it_answers_with_every_documented_key(api, account, segment):
    shown = made(
        api,
        segment,
        description="hello world",
        headers={"Authorization": "secret-1", "best_number": "47"},
        withbackfill=False,
    )
    job = Job.objects.for_account(account).get()
    assert set(shown) == {
        "id", "segment_ids", "segmentql", "description", "name", "updated", "created",
        "user_id", "account_id", "workflow", "work_id", "channel", "withbackfill",
        "authorization_id",
        "config",
    }  # fmt: skip
    assert len(shown["id"]) == 32
    assert shown["segment_ids"] == [segment.public_id]
    assert shown["description"] == "hello world"
    assert shown["name"] == "test1"
    assert shown["account_id"] == account.public_id
    assert shown["workflow"] == job.workflow == "webhook_triggers"
    assert shown["work_id"] == job.public_id
    assert shown["config"] == {
        "channel": "webhook",
        "description": "hello world",
        "headers": {"Authorization": "****", "best_number": "47"},
        "name": "test1",
        "segment_ids": [segment.public_id],
        "segmentql": "",
        "webhook_url": URL,
    }
    assert shown["created"].endswith("Z")


def test_segments_are_named_by_id_or_slug(api, account, segment):
    other = make_segment(account, "other")
    shown = post(api, **body(segment_ids=["VIP", other.public_id, "vip"])).json()
    assert shown["data"]["segment_ids"] == sorted([segment.public_id, other.public_id])


def test_the_segment_can_be_written_inline(api, account):
    shown = post(api, **body(segmentql=QL)).json()["data"]
    segment = Segment.objects.for_account(account).get()
    assert segment.slug == "seg_webhook1"
    assert shown["segment_ids"] == [segment.public_id]
    assert shown["segmentql"] == shown["config"]["segmentql"] == QL
    again = post(api, **body(segmentql=QL.replace("25", "30"))).json()["data"]
    assert again["id"] != shown["id"]
    assert again["segment_ids"] == [segment.public_id]
    segment.refresh_from_db()
    assert "30" in segment.filterql


def test_names_may_repeat(api, segment):
    assert made(api, segment)["id"] != made(api, segment)["id"]


@pytest.mark.parametrize("by_path", [True, False])
def test_an_update_changes_what_it_says(api, account, segment, by_path):
    other = make_segment(account, "other")
    shown = made(
        api, segment, headers={"Authorization": "s", "x": "1"}, description="old"
    )
    values = {
        "name": "renamed",
        "segment_ids": ["other"],
        "headers": {"Authorization": "****", "x": "2"},
    }
    if by_path:
        answer = post(api, f"/api/subscription/{shown['id']}", **values)
    else:
        answer = post(api, id=shown["id"], **values)
    changed = answer.json()["data"]
    assert changed["id"] == shown["id"]
    assert changed["name"] == "renamed"
    assert changed["description"] == "old"
    assert changed["segment_ids"] == [other.public_id]
    assert changed["config"]["headers"] == {"Authorization": "****", "x": "2"}
    assert changed["config"]["webhook_url"] == URL
    subscription = Subscription.objects.for_account(account).get()
    settings = reveal(Stored(subscription.config, subscription.secrets))
    assert settings["headers"] == {"Authorization": "s", "x": "2"}
    assert subscription.job.label == "renamed"


def test_an_answer_can_be_sent_back_as_it_came(api, account, segment):
    shown = made(api, segment, headers={"Authorization": "s"}, user_fields=["email"])
    answer = post(api, f"/api/subscription/{shown['id']}", **shown)
    assert answer.status_code == 200, answer.content
    assert {**answer.json()["data"], "updated": 0} == {**shown, "updated": 0}
    subscription = Subscription.objects.for_account(account).get()
    settings = reveal(Stored(subscription.config, subscription.secrets))
    assert settings["headers"] == {"Authorization": "s"}


def test_no_secret_is_stored_readably_or_written_down(api, account, segment):
    made(api, segment, headers={"Authorization": "hunter2hunter2"})
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("subscriptions_subscription", "jobs_job", "accounts_auditentry"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            assert "hunter2" not in str(cursor.fetchall())
            cursor.execute(f"SELECT encode(t::text::bytea, 'escape') FROM {table} t")
            assert "hunter2" not in str(cursor.fetchall())


@pytest.mark.parametrize(
    ("values", "status", "says"),
    [
        ({"channel": None}, 400, "channel: is required: one of eventhub, kinesis, sqs"),
        ({"channel": "pubsub"}, 400, "'pubsub' is not offered. Choose one of: eventhub, kinesis"),
        ({"segment_ids": ["nobody"]}, 400, "nobody"),
        ({"segment_ids": []}, 400, "segment_ids: name at least one segment"),
        ({"segment_ids": "vip"}, 400, "segment_ids: must be an array of texts"),
        ({"segmentql": "FILTER AND ("}, 400, "Invalid SegmentQL"),
        ({"webhook_url": None}, 400, "webhook_url: is required"),
        ({"webhook_url": "ftp://x"}, 400, "webhook_url: must be a web address"),
        ({"webhook_url": "http://10.0.0.1/"}, 400, "webhook_url: 10.0.0.1 is at a private or reserved address"),
        ({"headers": {"Host": "x"}}, 400, "headers: Host is set by the product"),
        ({"headers": {"Authorization": "****"}}, 400, "headers.Authorization"),
        ({"withbackfill": "yes"}, 400, "withbackfill: must be true or false"),
        ({"withbackfill": True, "segment_ids": ["vip", "other"]}, 400, "withbackfill: takes a single segment, and 2"),
        ({"wbhook_url": "x"}, 400, "wbhook_url: is not a known setting"),
        ({"table": "content"}, 400, "table: must be user"),
        ({"http_method": "TRACE"}, 400, "http_method: must be one of: GET, POST"),
        ({"template_id": "x"}, 501, "template_id is not offered yet"),
        ({"name": 5}, 400, "name: must be a text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(api, account, segment, values, status, says):
    make_segment(account, "other")
    answer = post(api, **{**body(segment_ids=["vip"]), **values})
    assert answer.status_code == status, answer.content
    assert answer.json()["status"] == status
    assert answer.json()["data"] is None
    assert says in answer.json()["message"]
    assert not Subscription.objects.for_account(account).exists()
    assert not Job.objects.for_account(account).exists()


@pytest.mark.parametrize(
    "harmless",
    [
        {"table": "user", "version": "new"},
        {"http_method": "POST", "audience_events": "", "batch_requests": False},
        {"region": "us-east-1", "stream": "s"},
        {"headers": None, "segmentio_writekey": ""},
    ],
)
def test_documented_keys_that_change_nothing_are_taken(api, segment, harmless):
    made(api, segment, **harmless)


def test_kinesis_is_checked(api, segment):
    kinesis = {"channel": "kinesis", "segment_ids": ["vip"], "region": "us-east-1"}
    assert "stream: is required" in post(api, **kinesis).json()["message"]
    answer = post(api, stream="lytics_triggers_stream", **kinesis)
    assert answer.status_code == 400
    assert "role_arn: is required where there is no" in answer.json()["message"]


def test_the_list_is_an_array_and_can_be_of_one_segment(api, account, segment):
    other = make_segment(account, "other")
    first = made(api, segment)
    second = made(api, other)
    ids = [s["id"] for s in api.get("/api/subscription").json()["data"]]
    assert ids == [second["id"], first["id"]]
    for ref in ("vip", "VIP", segment.public_id):
        found = api.get("/api/subscription", {"segment_id": ref}).json()["data"]
        assert [s["id"] for s in found] == [first["id"]]
    assert api.get("/api/subscription", {"segment_id": "none"}).json()["data"] == []


def test_one_is_fetched_and_deleted(api, account, segment):
    shown = made(api, segment)
    path = f"/api/subscription/{shown['id']}"
    assert api.get(path).json()["data"] == shown
    answer = api.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(path).status_code == 404
    assert api.delete(path).status_code == 404
    assert api.get("/api/subscription").json()["data"] == []
    actions = AuditEntry.objects.for_account(account).values_list("action", flat=True)
    assert list(actions.order_by("id"))[-2:] == ["create", "delete"]


def test_what_a_deleted_one_leaves_is_cleared_away(api, account, segment):
    subscription = make_subscription(account, [segment], withbackfill=True)
    write(account, [moved(segment, "enter") for _ in range(5)])
    api.delete(f"/api/subscription/{subscription.public_id}")
    assert retention.prune() == 5
    for model in (Subscription, Delivery, Backfill):
        assert not model.objects.for_account(account).exists()
    assert Job.objects.for_account(account).get().state == "deleted"


def test_a_segment_in_use_names_the_subscription(api, segment):
    made(api, segment)
    answer = api.delete(f"/api/segment/{segment.public_id}")
    assert answer.status_code == 409
    assert 'subscription "test1"' in answer.json()["message"]


def test_backfill_starts_when_it_is_asked_for(api, account, segment):
    shown = made(api, segment, withbackfill=True)
    assert shown["withbackfill"] is True
    walk = Backfill.objects.for_account(account).get()
    path = f"/api/subscription/{shown['id']}"
    Backfill.objects.for_account(account).update(cursor=5)
    post(api, path, name="renamed")
    walk.refresh_from_db()
    assert walk.cursor == 5
    make_segment(account, "other")
    post(api, path, segment_ids=["other"])
    walk.refresh_from_db()
    assert walk.cursor == 0
    post(api, path, withbackfill=False)
    assert not Backfill.objects.for_account(account).exists()


def test_another_account_sees_and_changes_nothing(api, api_of, segment, stranger):
    shown = made(api, segment)
    theirs = api_of(stranger)
    path = f"/api/subscription/{shown['id']}"
    assert theirs.get("/api/subscription").json()["data"] == []
    assert theirs.get(path).status_code == 404
    assert theirs.delete(path).status_code == 404
    assert post(theirs, path, name="mine").status_code == 404
    assert post(theirs, id=shown["id"], name="mine").status_code == 404
    answer = post(theirs, **body(segment_ids=[segment.public_id]))
    assert (answer.status_code, "Unknown segment" in answer.json()["message"]) == (
        400,
        True,
    )
    assert api.get(path).json()["data"] == shown


def test_a_token_needs_its_scopes(api_of, account, segment):
    assert api_of(account, Scope.DATA).get("/api/subscription").status_code == 403
    jobs_only = api_of(account, Scope.JOBS)
    assert post(jobs_only, **body(segment_ids=["vip"])).status_code == 200
    assert post(jobs_only, **body(segmentql=QL)).status_code == 403
    both = api_of(account, Scope.JOBS, Scope.SEGMENTS)
    assert post(both, **body(segmentql=QL)).status_code == 200


def test_a_body_that_is_no_object_is_refused(api):
    answer = api.post("/api/subscription", [1], format="json")
    assert (answer.status_code, answer.json()["data"]) == (400, None)


def test_an_update_builds_on_what_another_has_just_saved(account, segment):
    headers = {"Authorization": "a", "x": "1"}
    subscription = make_subscription(account, [segment], URL, headers=headers)
    seen_before = lookup.get(account, subscription.public_id)
    other = Wanted(settings={"headers": {"Authorization": "b", "x": "2"}})
    lifecycle.update(subscription, other, SYSTEM)
    lifecycle.update(seen_before, Wanted(name="renamed"), SYSTEM)
    saved = Subscription.objects.for_account(account).get()
    settings = reveal(Stored(saved.config, saved.secrets))
    assert settings["headers"] == {"Authorization": "b", "x": "2"}
    assert saved.name == "renamed"


def test_an_update_of_one_that_was_just_deleted_finds_none(account, segment):
    subscription = make_subscription(account, [segment])
    seen_before = lookup.get(account, subscription.public_id)
    lifecycle.delete(subscription, SYSTEM)
    with pytest.raises(UnknownSubscriptionError):
        lifecycle.update(seen_before, Wanted(name="renamed"), SYSTEM)
