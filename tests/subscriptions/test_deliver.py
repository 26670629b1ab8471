"""What is written is sent, in order for each user, whatever the receiver does."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from subscriptions import channel, claim, lifecycle, retry, sql
from subscriptions.common_settings import USUAL_WORKERS
from subscriptions.models import Attempt, Subscription
from tests.subscriptions.inbox import Inbox, Reply
from tests.subscriptions.making import (
    deliveries,
    make_segment,
    make_subscription,
    moved,
    send_all,
    states,
    write,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


def test_it_sends_the_documented_message(account, segment, inbox):
    subscription = make_subscription(account, [segment], inbox.url)
    told = write(account, [moved(segment, "enter", 7, user_id="user123")])
    assert told == {subscription.id}

    send_all(subscription)

    (arrival,) = inbox.arrivals
    (delivery,) = deliveries(subscription)
    assert (arrival.method, arrival.path) == ("POST", "/hook")
    assert arrival.headers["Content-Type"] == "application/json"
    assert arrival.headers["webhook-id"] == str(delivery.message_id)
    assert (
        abs(int(arrival.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 5
    )
    assert list(arrival.json) == ["data", "meta"]
    assert arrival.json["data"]["user_id"] == "user123"
    (event,) = arrival.json["data"]["segment_events"]
    assert list(event) == ["id", "slug", "event", "enter", "exit"]
    assert event["id"] == segment.public_id
    meta = arrival.json["meta"]
    assert meta["object"] == "user"
    assert meta["source"] == "subscription"
    assert meta["subscription_id"] == subscription.public_id
    assert meta["id"] == str(delivery.message_id)
    assert meta["sequence"] == delivery.id
    assert meta["cause"] == "event"
    assert delivery.state == "delivered"
    assert delivery.ended_at is not None
    attempt = Attempt.objects.for_account(account).get(delivery=delivery)
    assert (attempt.outcome, attempt.status_code) == ("delivered", 200)


def test_it_keeps_the_order_of_each_user(account, segment, inbox):
    subscription = make_subscription(account, [segment], inbox.url)
    steps = ["enter", "exit"] * 10
    write(account, [moved(segment, s, p) for s in steps for p in range(100, 110)])

    send_all(subscription)

    assert len(inbox.arrivals) == 200
    for profile in range(100, 110):
        arrived = inbox.of(str(profile))
        assert [a.events[0] for a in arrived] == steps
        numbers = [a.json["meta"]["sequence"] for a in arrived]
        assert numbers == sorted(numbers)


def test_it_sends_users_side_by_side_and_one_user_one_by_one(account, segment):
    everyone_is_here = threading.Barrier(USUAL_WORKERS, timeout=10)
    here: set[str] = set()
    together: list[str] = []

    def answer(arrival):
        user = arrival.json["data"]["user_id"]
        if user in here:
            together.append(user)
        here.add(user)
        if arrival.events == ["enter"]:
            everyone_is_here.wait()
        here.discard(user)
        return Reply()

    with Inbox(answer) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        profiles = range(200, 200 + USUAL_WORKERS)
        write(
            account, [moved(segment, s, p) for s in ("enter", "exit") for p in profiles]
        )
        send_all(subscription)

    assert len(inbox.arrivals) == 2 * USUAL_WORKERS
    assert together == []


def test_a_user_whose_message_fails_holds_up_no_other(account, segment):
    fails = {"1"}

    def answer(arrival):
        return Reply(500 if arrival.json["data"]["user_id"] in fails else 200)

    with Inbox(answer) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(
            account,
            [moved(segment, s, p) for s in ("enter", "exit") for p in (1, 2, 3)],
        )
        send_all(subscription)
        assert [a.events[0] for a in inbox.of("1")] == ["enter"]
        assert [a.events[0] for a in inbox.of("2")] == ["enter", "exit"]
        assert [a.events[0] for a in inbox.of("3")] == ["enter", "exit"]

        fails.clear()
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=3)):
            send_all(subscription)
        assert [a.events[0] for a in inbox.of("1")] == ["enter", "enter", "exit"]

    ids = [a.headers["webhook-id"] for a in inbox.of("1")]
    assert ids[0] == ids[1] != ids[2]
    assert set(states(subscription)) == {"delivered"}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(400, "omitted"), (404, "omitted"), (413, "omitted"), (422, "omitted")],
)
def test_an_answer_that_is_final_gives_the_message_up(
    account, segment, status, outcome
):
    with Inbox(lambda _: Reply(status, body=b"no\0 thanks")) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter", 1), moved(segment, "exit", 1)])
        send_all(subscription)

    assert states(subscription) == ["dead", "dead"]
    assert len(inbox.arrivals) == 2
    attempt = Attempt.objects.for_account(account).first()
    assert attempt is not None
    assert (attempt.outcome, attempt.status_code) == (outcome, status)
    assert attempt.answer == "no\ufffd thanks"


@pytest.mark.parametrize("status", [201, 204, 299])
def test_any_2xx_is_delivered(account, segment, status):
    with Inbox(lambda _: Reply(status)) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter")])
        send_all(subscription)
    assert states(subscription) == ["delivered"]


def test_a_redirect_is_not_followed(account, segment):
    with Inbox() as elsewhere:
        reply = Reply(302, {"Location": elsewhere.url})
        with Inbox(lambda _: reply) as inbox:
            subscription = make_subscription(account, [segment], inbox.url)
            write(account, [moved(segment, "enter")])
            send_all(subscription)
    assert elsewhere.arrivals == []
    (delivery,) = deliveries(subscription)
    assert (delivery.state, delivery.attempts) == ("pending", 1)


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_it_is_asked_to(account, segment, status):
    replies = [Reply(status, {"Retry-After": "120"}), Reply(), Reply()]
    with Inbox(lambda _: replies.pop(0)) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter", 1)])
        send_all(subscription)
        write(account, [moved(segment, "enter", 2)])
        send_all(subscription)
        assert len(inbox.arrivals) == 1  # nothing else is sent meanwhile either
        (first, _) = deliveries(subscription)
        assert first.attempts == 0  # a wait that was asked for is no failure
        assert claim.due() == []

        now = datetime.now(UTC)
        with time_machine.travel(now + timedelta(seconds=115)):
            assert claim.due() == []
        with time_machine.travel(now + timedelta(seconds=121)):
            assert claim.due() == [subscription.id]
            send_all(subscription)
    assert states(subscription) == ["delivered", "delivered"]
    subscription.refresh_from_db()
    assert subscription.failures_in_a_row == 0


def test_a_message_is_given_up_in_the_end(account, segment, monkeypatch):
    monkeypatch.setattr(retry, "GIVE_UP_AFTER", 3)
    with Inbox(lambda _: Reply(500)) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter", 1)])
        for hour in range(3):
            with time_machine.travel(datetime.now(UTC) + timedelta(hours=2 * hour)):
                send_all(subscription)
    assert states(subscription) == ["dead"]
    assert len(inbox.arrivals) == 3
    assert len({a.headers["webhook-id"] for a in inbox.arrivals}) == 1


def test_a_destination_that_is_down_is_left_alone_and_tried_with_one(account, segment):
    answers = {"status": 500}
    with Inbox(lambda _: Reply(answers["status"])) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter") for _ in range(100)])
        send_all(subscription)
        tried = len(inbox.arrivals)
        assert retry.DOWN_AFTER <= tried < 2 * USUAL_WORKERS + retry.DOWN_AFTER
        assert claim.due() == []
        subscription.refresh_from_db()
        assert subscription.failures_in_a_row == retry.DOWN_AFTER

        now = datetime.now(UTC)
        with time_machine.travel(now + timedelta(seconds=4)):
            send_all(subscription)
            assert len(inbox.arrivals) == tried + 1
            assert claim.due() == []
        answers["status"] = 200
        with time_machine.travel(now + timedelta(seconds=60)):
            send_all(subscription)
    assert set(states(subscription)) == {"delivered"}
    subscription.refresh_from_db()
    assert (subscription.failures_in_a_row, subscription.held_until) == (0, None)
    logs = subscription.job.logs.order_by("id")
    levels = list(logs.values_list("level", flat=True))[-2:]
    assert levels == ["warning", "info"]


def test_recovery_brings_forward_what_was_tried_before(account, segment):
    answers = {"status": 500}
    with Inbox(lambda _: Reply(answers["status"])) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter", 1), moved(segment, "exit", 1)])
        now = datetime.now(UTC)
        for hour in range(8):
            with time_machine.travel(now + timedelta(hours=2 * hour)):
                send_all(subscription)
        answers["status"] = 200
        write(account, [moved(segment, "enter", 2)])
        with time_machine.travel(now + timedelta(hours=14, minutes=20)):
            send_all(subscription)
    assert set(states(subscription)) == {"delivered"}


def test_a_paused_subscription_collects_and_sends_on_resume(account, segment, inbox):
    subscription = make_subscription(account, [segment], inbox.url)
    lifecycle.pause(subscription, SYSTEM)
    assert write(account, [moved(segment, "enter")]) == {subscription.id}
    send_all(subscription)
    assert inbox.arrivals == []
    assert claim.due() == []

    lifecycle.resume(subscription, SYSTEM)
    assert claim.due() == [subscription.id]
    send_all(subscription)
    assert len(inbox.arrivals) == 1


def test_a_deleted_subscription_neither_collects_nor_sends(account, segment, inbox):
    subscription = make_subscription(account, [segment], inbox.url)
    write(account, [moved(segment, "enter")])
    lifecycle.delete(subscription, SYSTEM)
    assert write(account, [moved(segment, "enter")]) == frozenset()
    send_all(subscription)
    assert inbox.arrivals == []


def test_a_changed_address_counts_from_the_next_message_on(account, segment, inbox):
    subscription = make_subscription(account, [segment], "http://127.0.0.1:9/")
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    assert states(subscription) == ["pending"]
    wanted = lifecycle.Wanted(settings={"webhook_url": inbox.url})
    lifecycle.update(subscription, wanted, SYSTEM)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=5)):
        send_all(subscription)
    assert states(subscription) == ["delivered"]


def test_a_message_over_the_limit_is_given_up_with_the_reason(account, segment, inbox):
    subscription = make_subscription(account, [segment], inbox.url)
    write(account, [moved(segment, "enter", user_id="x" * 1_100_000)])
    send_all(subscription)
    assert (inbox.arrivals, states(subscription)) == ([], ["dead"])
    attempt = Attempt.objects.for_account(account).get()
    assert "the most is 1,000,000" in attempt.error
    assert "largest fields are user_id (1,100,002 bytes), segment_" in attempt.error


@pytest.mark.parametrize(
    ("status", "outcome"), [(401, "unauthorized"), (403, "unauthorized"), (410, "gone")]
)
def test_a_destination_that_refuses_all_of_it_pauses_the_job_and_keeps_everything(
    account, segment, status, outcome
):
    replies = {True: Reply(status), False: Reply(200)}
    refuses = True
    with Inbox(lambda _: replies[refuses]) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter", 1), moved(segment, "exit", 1)])
        send_all(subscription)
        assert states(subscription) == ["pending", "pending"]
        attempt = Attempt.objects.for_account(account).get()
        assert (attempt.outcome, attempt.status_code) == (outcome, status)
        job = subscription.job
        job.refresh_from_db()
        assert job.state == "paused"
        assert f"answered {status}" in job.state_reason
        assert claim.due() == []

        refuses = False
        lifecycle.resume(subscription, SYSTEM)
        send_all(subscription)
        assert states(subscription) == ["delivered", "delivered"]
        assert [a.events[0] for a in inbox.of("1")] == ["enter", "enter", "exit"]


def test_an_unexpected_error_of_a_channel_is_a_bounded_failure(
    account, segment, inbox, monkeypatch
):
    subscription = make_subscription(account, [segment], inbox.url)
    Subscription.objects.for_account(account).update(config={"webhook_url": 5})
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    (delivery,) = deliveries(subscription)
    assert (delivery.state, delivery.attempts) == ("pending", 1)


def test_a_channel_that_asks_the_database_keeps_no_connection(
    account, segment, inbox, monkeypatch
):
    def sessions():
        sql.rows("SELECT pg_stat_clear_snapshot()", ())
        count = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        )
        return sql.rows(count, ())[0][0]

    def asking(*given):
        sql.rows("SELECT 1", ())
        return posted(*given)

    posted = channel.get("webhook").send
    way = replace(channel.get("webhook"), send=asking)
    monkeypatch.setattr(channel, "get", lambda key: way)
    subscription = make_subscription(account, [segment], inbox.url)
    before = sessions()
    write(account, [moved(segment, "enter", 1)])
    send_all(subscription)
    assert states(subscription) == ["delivered"]
    wait_until(lambda: sessions() == before, what="the connection to be given back")


def test_a_subscription_hears_only_of_its_own_segments(account, segment, inbox):
    other = make_segment(account, "other")
    subscription = make_subscription(account, [segment], inbox.url)
    assert write(account, [moved(other, "enter")]) == frozenset()
    assert deliveries(subscription) == []


def test_the_messages_of_a_merged_user_become_those_of_the_other(
    account, segment, inbox
):
    from dataclasses import replace

    subscription = make_subscription(account, [segment], inbox.url)
    write(account, [moved(segment, "enter", 31)])
    write(account, [replace(moved(segment, "exit", 30), merged_ids=[31])])
    assert [d.profile_id for d in deliveries(subscription)] == [30, 30]
    send_all(subscription)
    assert [a.events[0] for a in inbox.arrivals] == ["enter", "exit"]


def test_a_secret_that_a_receiver_sends_back_is_not_kept(account, segment):
    def echo(arrival):
        return Reply(200, body=str(arrival.headers).encode())

    with Inbox(echo) as inbox:
        headers = {"Authorization": "Bearer hunter2", "X-Token": "swordfish"}
        subscription = make_subscription(account, [segment], inbox.url, headers=headers)
        write(account, [moved(segment, "enter")])
        send_all(subscription)
    assert inbox.arrivals[0].headers["Authorization"] == "Bearer hunter2"
    attempt = Attempt.objects.for_account(account).get()
    assert "webhook-id" in attempt.answer
    assert "hunter2" not in attempt.answer
    assert "swordfish" not in attempt.answer


def test_secrets_that_cannot_be_read_stop_the_job_and_lose_nothing(
    account, segment, inbox, settings
):
    headers = {"Authorization": "hunter2"}
    subscription = make_subscription(account, [segment], inbox.url, headers=headers)
    keys = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    job = subscription.job
    job.refresh_from_db()
    assert job.state == "paused"
    assert "ENCRYPTION_KEYS" in job.state_reason
    assert claim.due() == []

    settings.ENCRYPTION_KEYS = keys
    lifecycle.resume(subscription, SYSTEM)
    send_all(subscription)
    assert len(inbox.arrivals) == 1
