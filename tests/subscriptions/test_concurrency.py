"""Several deliverers at once: order per user, and no destination slows another."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from subscriptions import claim, deliver, deliverer_lock, hints, lifecycle, retry
from subscriptions.channels import webhook
from subscriptions.claim import Result
from subscriptions.common_settings import USUAL_WORKERS
from subscriptions.models import Lease
from subscriptions.outcome import Delivered, Outcome
from tests.subscriptions.inbox import Inbox, Reply
from tests.subscriptions.making import (
    make_segment,
    make_subscription,
    moved,
    send_all,
    states,
    write,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(transactional_db):
    return Account.objects.create(name="Own")


@contextmanager
def deliverers(number, *subscriptions):
    """Threads that deliver to these, over and over, until the block ends."""
    over = threading.Event()
    errors = []

    def run():
        try:
            while not over.is_set():
                for subscription in subscriptions:
                    deliver.deliver(subscription.id)
                over.wait(0.01)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
        assert errors == []


def in_order(arrivals):
    """First sightings of each user's messages come in the order of their numbers."""
    seen, newest = set(), {}
    for arrival in arrivals:
        meta, user = arrival.json["meta"], arrival.json["data"]["user_id"]
        if meta["id"] in seen:
            continue
        seen.add(meta["id"])
        if meta["sequence"] < newest.get(user, 0):
            return False
        newest[user] = meta["sequence"]
    return True


def test_order_holds_with_deliverers_that_meet_and_a_receiver_that_fails(
    account, monkeypatch
):
    chance = random.Random(5)
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(retry, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr(retry, "FIRST_HOLD_S", 0.02)
    monkeypatch.setattr(retry, "LONGEST_HOLD_S", 0.05)
    segment = make_segment(account)

    with Inbox(lambda _: Reply(500 if chance.random() < 0.2 else 200)) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        with deliverers(3, subscription):
            for step in range(30):
                event = "exit" if step % 2 else "enter"
                write(account, [moved(segment, event, p) for p in range(1, 8)])
            wait_until(
                lambda: set(states(subscription)) == {"delivered"},
                timeout=60,
                what="all to be delivered",
            )
    assert in_order(inbox.arrivals)
    ids = {a.json["meta"]["id"] for a in inbox.arrivals}
    assert len(ids) == 210


_END_CONNECTION = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s AND objid = %s
"""


def test_what_is_on_its_way_as_the_connection_ends_is_left_alone(account):
    segment = make_segment(account)
    gate = threading.Event()
    ended = []

    def cut_off():
        try:
            deliver.deliver(subscription.id)
        except OperationalError as error:
            ended.append(error)
        finally:
            connection.close()

    with Inbox(lambda _: Reply(wait_for=gate)) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter", 1)])
        first = threading.Thread(target=cut_off)
        first.start()
        wait_until(lambda: inbox.arrivals, what="the first message to be sent")
        with connection.cursor() as cursor:
            cursor.execute(
                _END_CONNECTION, [deliverer_lock.LOCK_CLASS, subscription.id]
            )
        wait_until(lambda: ended, what="the deliverer to notice it")
        first.join()
        gate.set()
        write(account, [moved(segment, "exit", 1), moved(segment, "enter", 2)])
        send_all(subscription)
        assert told(inbox) == [(1, "enter"), (2, "enter")]
        with time_machine.travel(timezone.now() + timedelta(seconds=claim.LEASE_S + 1)):
            send_all(subscription)
        assert told(inbox)[2:] == [(1, "enter"), (1, "exit")]
        assert states(subscription) == ["delivered"] * 3


def told(inbox):
    return [(int(a.json["data"]["user_id"]), a.events[0]) for a in inbox.arrivals]


def test_a_destination_that_hangs_slows_no_other(account):
    segment = make_segment(account)
    let_go = threading.Event()
    with Inbox(lambda _: Reply(wait_for=let_go)) as stuck, Inbox() as healthy:
        hanging = make_subscription(account, [segment], stuck.url)
        fine = make_subscription(account, [segment], healthy.url)
        write(account, [moved(segment, "enter") for _ in range(20)])
        with deliverers(1, hanging), deliverers(1, fine):
            wait_until(lambda: stuck.arrivals, what="the first to hang")
            for _ in range(20):
                before = len(healthy.arrivals)
                write(account, [moved(segment, "enter")])
                wait_until(
                    lambda before=before: len(healthy.arrivals) > before,
                    timeout=webhook.TIMEOUT_S / 2,
                    what="the healthy destination to get its message",
                )
            assert len(stuck.arrivals) == USUAL_WORKERS
            let_go.set()
    assert len(healthy.arrivals) == 40


def test_a_message_that_hangs_holds_up_no_other_user(account):
    segment = make_segment(account)
    let_go = threading.Event()

    def answer(arrival):
        hangs = arrival.json["data"]["user_id"] == "1"
        return Reply(wait_for=let_go if hangs else None)

    with Inbox(answer) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter", 1), moved(segment, "exit", 1)])
        with deliverers(1, subscription):
            wait_until(lambda: inbox.arrivals, what="the first to hang")
            write(account, [moved(segment, "enter", 2), moved(segment, "exit", 2)])
            wait_until(
                lambda: len(inbox.of("2")) == 2, timeout=7, what="the other user"
            )
            assert len(inbox.of("1")) == 1
            let_go.set()
            wait_until(lambda: len(inbox.of("1")) == 2, timeout=5, what="the follower")


def test_a_deliverer_gives_way_when_its_time_is_up(account, monkeypatch):
    monkeypatch.setattr(deliver, "SLICE_S", 0.0)
    segment = make_segment(account)
    with Inbox() as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter")])
        assert deliver.deliver(subscription.id) is True
        assert inbox.arrivals == []
        monkeypatch.setattr(deliver, "SLICE_S", 5.0)
        assert deliver.deliver(subscription.id) is False
        assert len(inbox.arrivals) == 1


def test_what_comes_while_another_delivers_is_not_left_behind(account):
    """Whoever is turned away by the lock relies on the holder to look again."""
    segment = make_segment(account)
    with Inbox() as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        original = deliver._Run.until
        turned_away = []

        def late(run, ends_at):
            result = original(run, ends_at)
            if not turned_away:
                turned_away.append(write(account, [moved(segment, "enter")]))
            return result

        with patch.object(deliver._Run, "until", late):
            deliver.deliver(subscription.id)
    assert len(inbox.arrivals) == 1


def test_a_stopping_process_gives_back_what_it_has_not_begun(account):
    segment = make_segment(account)
    let_go = threading.Event()
    with Inbox(lambda _: Reply(wait_for=let_go)) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter") for _ in range(30)])
        with deliverers(1, subscription):
            wait_until(
                lambda: len(inbox.arrivals) == USUAL_WORKERS,
                what="all lanes full",
            )
            deliver.stopping.set()
            let_go.set()
            try:
                wait_until(
                    lambda: states(subscription).count("delivered") >= 8,
                    what="those on their way to be written down",
                )
            finally:
                deliver.stopping.clear()
                wait_until(
                    lambda: set(states(subscription)) == {"delivered"},
                    what="those given back to be sent",
                )


def test_what_is_hinted_to_a_deliverer_at_work_wakes_it(account, monkeypatch):
    """No second worker is called, and nothing waits for the sweep."""
    called = []
    monkeypatch.setattr(
        hints.current_app, "send_task", lambda *a, **_: called.append(a)
    )
    monkeypatch.setattr(deliver, "LINGER_S", 1.9)
    monkeypatch.setattr(deliver, "SLICE_S", 60.0)
    monkeypatch.setattr(hints, "EXPIRES_MS", 60_000)
    segment = make_segment(account)
    with Inbox() as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        hints.hint(write(account, [moved(segment, "enter")]))
        hints.hint([subscription.id])
        assert called == [(hints.DELIVER, [subscription.id])]
        with deliverers(1, subscription):
            wait_until(lambda: inbox.arrivals, what="the first message")
            for number in range(2, 12):
                hints.hint(write(account, [moved(segment, "enter")]))
                wait_until(
                    lambda number=number: len(inbox.arrivals) == number, what="the next"
                )
            assert len(called) == 1
        hints.hint([subscription.id])
        assert len(called) == 2


def test_a_redis_that_is_away_is_no_obstacle(account, settings, request):
    hints._redis.cache_clear()
    request.addfinalizer(hints._redis.cache_clear)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    segment = make_segment(account)
    with Inbox() as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        hints.hint(write(account, [moved(segment, "enter")]))
        assert claim.due() == [subscription.id]
        deliver.deliver(subscription.id)
    assert len(inbox.arrivals) == 1


def test_a_message_is_called_that_gets_another_user_as_the_earlier_one_ends(account):
    segment = make_segment(account)
    subscription = make_subscription(account, [segment])
    user, merged = moved(segment, "enter", 1), moved(segment, "enter", 2)
    write(account, [merged, moved(segment, "exit", 2)])
    (taken,) = claim.claim(subscription.id, 64).taken
    delivered = Outcome(Delivered(), taken.created_at, latency_ms=1)
    result = Result(taken, delivered, retry.decide(delivered.verdict, 0))

    def settle():
        try:
            claim.settle([result])
        finally:
            connection.close()

    def is_waiting():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            return cursor.fetchone()

    settling = threading.Thread(target=settle)
    with transaction.atomic():
        write(account, [replace(user, transitions=[], merged_ids=(2,))])
        settling.start()
        wait_until(is_waiting, what="the settling to wait for the merge")
    settling.join()
    assert states(subscription) == ["delivered", "pending"]
    assert claim.due(subscription.id) == [subscription.id]


def test_a_pause_is_noticed_while_claimed_messages_wait(account):
    segment = make_segment(account)
    gate = threading.Event()
    with Inbox(lambda _: Reply(wait_for=gate)) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        write(account, [moved(segment, "enter") for _ in range(60)])
        with deliverers(1, subscription):
            wait_until(
                lambda: claimed(subscription) == 60, what="all of them to be claimed"
            )
            lifecycle.pause(subscription, SYSTEM)
            wait_until(
                lambda: claimed(subscription) == USUAL_WORKERS,
                what="those that were not begun to be given back",
            )
            gate.set()
            wait_until(
                lambda: states(subscription).count("delivered") == USUAL_WORKERS,
                what="those on their way to end",
            )
    assert len(inbox.arrivals) == USUAL_WORKERS


def claimed(subscription):
    leases = Lease.objects.filter(subscription=subscription)
    return sum(len(each.delivery_ids) for each in leases)
