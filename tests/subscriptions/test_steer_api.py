"""The endpoints that steer a subscription, and tell how it fares."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from lyticsapp.accounts.models import AuditEntry, Scope
from lyticsapp.jobs.models import Job
from segments.membership.models import Membership
from segments.profiles.models import Identity, Profile
from subscriptions import rate, reconcile, replay, skip
from subscriptions.models import Delivery, DeliveryHour, Replay
from tests.subscriptions.inbox import Reply
from tests.subscriptions.making import (
    deliveries,
    make_segment,
    make_subscription,
    moved,
    send_all,
    states,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscription(account, segment, inbox):
    return make_subscription(
        account, [segment], inbox.url, headers={"X-Secret": "sesame-open"}
    )


@pytest.fixture
def call(api, subscription):
    """Calls an endpoint of the subscription; returns what it answers."""

    def call(verb, *, method="post", status=200, **said):
        path = f"/api/subscription/{subscription.public_id}/{verb}"
        if method == "get":
            answer = api.get(path, said)
        else:
            answer = api.post(path, said, format="json")
        assert answer.status_code == status, answer.content
        return answer.json()

    return call


@pytest.fixture
def ada(account, segment):
    """A member of the segment."""
    now = timezone.now()
    profile = Profile.objects.create(
        account=account,
        fields={"email": "ada@example.com", "plan": "gold"},
        segment_ids=[segment.pk],
        created_at=now,
        modified_at=now,
    )
    Identity.objects.create(
        account=account, field="email", value="ada@example.com", profile=profile
    )
    Membership.objects.create(
        account=account,
        segment=segment,
        profile=profile,
        entered_at=now - timedelta(hours=1),
    )
    return profile


def job_state(account):
    return Job.objects.for_account(account).get().state


def test_it_is_paused_and_resumed(account, call):
    assert call("pause")["data"]["state"] == job_state(account) == "paused"
    assert call("resume")["data"]["state"] == job_state(account) == "running"


def test_what_failed_is_not_resumed(account, call):
    Job.objects.for_account(account).update(state="failed")
    assert "failed" in call("resume", status=409)["message"]


@pytest.mark.parametrize(
    ("mode", "left"),
    [("all", ["pending"] * 2), ("latest", ["skipped", "pending"])],
)
def test_it_is_resumed_with_less_than_was_collected(
    account, segment, subscription, call, mode, left
):
    call("pause")
    write(account, [moved(segment, "enter", 1), moved(segment, "exit", 1)])
    call("resume", mode=mode)
    skip.work(subscription.pk)
    assert call("state", method="get")["data"]["state"] == "running"
    assert states(subscription) == left
    told = call("resume", mode="some", status=400)["message"]
    assert told == "mode: must be one of: all, latest, none."


def test_its_state_is_told(account, segment, subscription, call, inbox):
    inbox.answer = lambda a: Reply(200 if a.json["data"]["user_id"] == "1" else 400)
    write(account, [moved(segment, "enter", 1), moved(segment, "enter", 2)])
    send_all(subscription)
    write(account, [moved(segment, "enter", 3)])
    told = call("state", method="get")["data"]
    error = told.pop("last_error")
    assert "400" in error["error"]
    assert told.pop("waiting_since")
    assert told == {
        "state": "running",
        "state_reason": "",
        "queued": 1,
        "queued_is_capped": False,
        "held_until": None,
        "sent": 1,
        "failed": 1,
        "dead": 1,
        "backfill": None,
    }


def test_its_state_tells_of_the_backfill(api, account, segment, inbox):
    made = make_subscription(account, [segment], inbox.url, withbackfill=True)
    answer = api.get(f"/api/subscription/{made.public_id}/state").json()
    assert answer["data"]["backfill"]["done"] == 0
    assert answer["data"]["last_error"] is None


class TestSendingATest:
    def test_a_member_is_the_sample(self, account, segment, call, inbox, ada):
        tested = call("test")["data"]
        (arrival,) = inbox.arrivals
        assert arrival.json == tested["message"]
        assert arrival.json["data"]["plan"] == "gold"
        assert arrival.events == ["enter"]
        meta = arrival.json["meta"]
        assert (meta["cause"], meta["sequence"]) == ("test", 0)
        assert arrival.headers["webhook-id"] == meta["id"]
        assert (tested["outcome"], tested["status_code"]) == ("delivered", 200)

    def test_without_members_one_is_made_up(self, segment, call, inbox):
        call("test")
        (arrival,) = inbox.arrivals
        assert arrival.json["data"]["user_id"] == "test-user"
        (event,) = arrival.json["data"]["segment_events"]
        assert (event["slug"], event["event"]) == (segment.slug, "enter")

    def test_it_leaves_nothing_behind_but_a_word_in_the_log(
        self, account, subscription, call, inbox
    ):
        inbox.answer = lambda _: Reply(503, body=b"sesame-open is closed")
        for _ in range(6):
            tested = call("test")["data"]
        assert (tested["outcome"], tested["status_code"]) == ("failed", 503)
        assert "sesame" not in str(tested)
        assert deliveries(subscription) == []
        assert not DeliveryHour.objects.for_account(account).exists()
        subscription.refresh_from_db()
        assert (subscription.failures_in_a_row, subscription.held_until) == (0, None)
        entries = AuditEntry.objects.for_account(account).filter(action="test")
        assert entries.last().changes == {"outcome": "failed"}

    def test_it_is_sent_while_paused(self, call, inbox):
        call("pause")
        assert call("test")["data"]["outcome"] == "delivered"

    def test_exits_alone_are_told_of_as_such(self, api, account, segment, inbox, ada):
        made = make_subscription(
            account, [segment], inbox.url, audience_events="exits_only"
        )
        api.post(f"/api/subscription/{made.public_id}/test")
        assert inbox.arrivals[0].events == ["exit"]


class TestPreview:
    PATH = "/api/subscription/preview"

    def test_it_is_the_message_of_a_user(self, api, account, segment, ada):
        other = make_segment(account, "other")
        said = {"segment_ids": ["vip", other.public_id], "user": "ada@example.com"}
        message = api.post(self.PATH, said, format="json").json()["data"]
        assert message["data"]["plan"] == "gold"
        events = message["data"]["segment_events"]
        assert [each["slug"] for each in events] == ["vip", "other"]
        entered = Membership.objects.for_account(account).get().entered_at
        assert events[0]["enter"].startswith(entered.isoformat()[:19])
        assert not Delivery.objects.for_account(account).exists()

    def test_with_some_fields_alone(self, api, segment, ada):
        said = {
            "segment_ids": ["vip"],
            "user": "ada@example.com",
            "user_fields": ["email"],
        }
        data = api.post(self.PATH, said, format="json").json()["data"]["data"]
        assert set(data) == {"_created", "_modified", "email", "segment_events"}

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ({}, "segment_ids: name at least one segment."),
            ({"segment_ids": ["none"]}, 'no segment has the id or slug "none"'),
            ({"segment_ids": "vip"}, "segment_ids: must be an array of texts."),
            ({"segment_ids": ["vip"]}, "user: '' is nobody's identity."),
            ({"segment_ids": ["vip"], "user": "bob"}, "'bob' is nobody's identity."),
        ],
    )
    def test_what_is_wrong_is_told(self, api, segment, ada, said, told):
        answer = api.post(self.PATH, said, format="json")
        assert answer.status_code == 400
        assert told in answer.json()["message"]

    def test_nobody_of_another_account_is_shown(self, api_of, stranger, ada):
        make_segment(stranger)
        said = {"segment_ids": ["vip"], "user": "ada@example.com"}
        answer = api_of(stranger).post(self.PATH, said, format="json")
        assert answer.status_code == 400


class TestDeliveries:
    @pytest.fixture
    def sent(self, account, segment, subscription, inbox):
        inbox.answer = lambda a: Reply(200 if a.json["data"]["user_id"] < "4" else 400)
        write(account, [moved(segment, "enter", n) for n in range(1, 6)])
        send_all(subscription)
        return deliveries(subscription)

    def test_they_are_listed_page_by_page(self, call, sent):
        numbers, start = [], ""
        while True:
            answer = call("deliveries", method="get", limit=2, start=start)
            numbers.append([each["sequence"] for each in answer["data"]])
            start = answer["_next"]
            if not start:
                break
        a, b, c, d, e = (each.pk for each in sent)
        assert numbers == [[e, d], [c, b], [a]]

    def test_they_are_narrowed(self, call, sent, account, segment, inbox):
        make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter", 9)])
        dead = call("deliveries", method="get", state="dead")["data"]
        assert [each["last_try"]["status_code"] for each in dead] == [400, 400]
        since = call("deliveries", method="get", since="now-1h", until="now-1m")
        assert since["data"] == []
        one = call("deliveries", method="get", message=str(sent[0].message_id))
        assert one["data"][0]["message"] == sent[0].payload
        assert len(call("deliveries", method="get")["data"]) == 6

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ({"state": "lost"}, "state: must be one of: pending, delivered, dead"),
            ({"since": "tuesday"}, "since: 'tuesday' is no instant."),
            ({"ids": "a"}, "ids: must be numbers"),
            ({"message": "1"}, "message: is not the id of a message."),
            ({"start": "x"}, "start: 'x' is not a number."),
            ({"user": "bob"}, "user: 'bob' is nobody's identity."),
        ],
    )
    def test_what_is_wrong_is_told(self, call, said, told):
        assert told in call("deliveries", method="get", status=400, **said)["message"]

    def test_they_are_counted_and_sent_again(self, account, subscription, call, sent):
        counted = call("replay", state="dead", preview=True)["data"]
        assert counted == {"messages": 2, "is_capped": False, "replay": None}
        assert not Replay.objects.for_account(account).exists()
        begun = call("replay", ids=[sent[0].pk, sent[3].pk], per_second=7)["data"]
        assert begun["messages"] == 2
        assert begun["replay"]["per_second"] == 7
        replay.work(begun["replay"]["number"])
        assert states(subscription)[-2:] == ["pending", "pending"]
        with time_machine.travel(timezone.now() + rate.CATCHES_UP):
            replay.work(begun["replay"]["number"])
        (listed,) = call("replay", method="get")["data"]
        assert (listed["done"], listed["total"]) == (2, 2)
        assert listed["ended"]

    def test_a_replay_is_cancelled(self, account, subscription, segment, call, sent):
        number = call("replay", per_second=1)["data"]["replay"]["number"]
        replay.work(number)
        before = states(subscription)
        told = call(f"replay/{number}/cancel")["data"]
        assert told["cancelled"]
        assert told["done"] == 1
        with time_machine.travel(timezone.now() + timedelta(minutes=1)):
            replay.work(number)
        assert states(subscription) == before
        assert call(f"replay/{number}/cancel")["data"]["ended"] == told["ended"]
        call("replay/999/cancel", status=404)

    def test_another_subscription_is_never_sent_again(
        self, call, account, segment, inbox, sent
    ):
        other = make_subscription(account, [segment], inbox.url)
        said = {"subscription": other.public_id, "preview": True}
        assert call("replay", **said)["data"]["messages"] == 5

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ({"per_second": 0}, "per_second: must be a number from 1 to 1,000."),
            ({"per_second": "many"}, "per_second: must be a number."),
            ({"preview": "yes"}, "preview: must be true or false."),
            ({"state": "pending"}, "No message can be sent again"),
        ],
    )
    def test_what_cannot_be_replayed_is_told(self, call, sent, said, told):
        assert told in call("replay", status=400, **said)["message"]


def test_what_it_does_not_know_is_counted_then_sent(
    account, segment, subscription, call, ada
):
    assert call("reconcile", method="get")["data"] is None
    begun = call("reconcile")["data"]
    assert begun["phase"] == "comparing"
    assert "Compare first" in call("reconcile", confirm=True, status=400)["message"]
    reconcile.work(subscription.pk)
    told = call("reconcile", method="get")["data"]
    assert (told["phase"], told["percent"]) == ("compared", 100)
    assert (told["enters"], told["exits"]) == (1, 0)
    assert call("reconcile", confirm=True)["data"]["phase"] == "correcting"
    reconcile.work(subscription.pk)
    told = call("reconcile", method="get")["data"]
    assert (told["phase"], told["sent"]) == ("done", 1)
    (message,) = deliveries(subscription)
    assert (message.cause, message.profile_id) == ("reconcile", ada.pk)


@pytest.mark.parametrize(
    "verb", ["pause", "resume", "state", "test", "deliveries", "replay", "reconcile"]
)
def test_they_want_the_scope_of_jobs(api_of, account, subscription, verb):
    path = f"/api/subscription/{subscription.public_id}/{verb}"
    caller = api_of(account, Scope.DATA)
    method = caller.get if verb in ("state", "deliveries") else caller.post
    assert method(path).status_code == 403
