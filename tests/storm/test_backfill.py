"""A backfill while a tenth of its members leave and enter, as the receiver sees it.

It is paused and resumed meanwhile.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import pytest
from django.db import connection

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from segments.pipeline.batch import Lane, process
from segments.profiles.models import Profile
from subscriptions import backfill, backfill_control, deliver
from subscriptions.errors import BackfillStateError
from subscriptions.models import BackfillState, Delivery, Subscription
from tests.receiver import Receiver
from tests.segments.pipeline.accounts import put_events
from tests.subscriptions.making import make_segment, make_subscription
from tests.waiting import wait_until

TURNS = 4
MOVED_AT_ONCE = 50

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _loopback_allowed(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


def test_each_history_begins_with_an_enter_and_ends_with_the_membership(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backfill, "CHUNK_PROFILES", 50)
    run(users=1_000, patience_s=60)


@pytest.mark.storm
@pytest.mark.timeout(1800)
def test_each_of_100_000_histories_does() -> None:
    run(users=100_000, patience_s=1500)


def run(users: int, patience_s: float) -> None:
    account = Account.objects.create(name="Own")
    segment = make_segment(account)
    put_events(account, [{"user_id": f"u{u}", "vip": "t"} for u in range(users)])
    _drain(account)
    with Receiver() as receiver:
        subscription = make_subscription(
            account, [segment], f"{receiver.url}/hook", withbackfill=True
        )
        over = threading.Event()
        errors: list[Exception] = []
        at_work = [
            _thread(errors, lambda: _until(over, backfill.work, subscription.pk)),
            _thread(errors, lambda: _until(over, deliver.deliver, subscription.pk)),
        ]
        _move_a_tenth(account, users, lambda: _pause_or_resume(subscription))
        _resume(subscription)
        wait_until(
            lambda: errors or _is_over(subscription),
            timeout=patience_s,
            what="all to be told",
        )
        over.set()
        for thread in at_work:
            thread.join()
        assert errors == []
        histories = _histories(receiver)
    inside = _members(account, segment.pk)
    assert len(histories) == users
    for user, history in histories.items():
        told = ["enter", "exit"] * (len(history) // 2)
        assert history == told + (["enter"] if user in inside else []), user


def _move_a_tenth(account: Account, users: int, between: Callable[[], None]) -> None:
    """They leave and enter by turns, while the walk goes on."""
    tenth = range(0, users, 10)
    for turn in range(TURNS):
        value = "f" if turn % 2 == 0 else "t"
        for start in range(0, len(tenth), MOVED_AT_ONCE):
            some = tenth[start : start + MOVED_AT_ONCE]
            put_events(account, [{"user_id": f"u{u}", "vip": value} for u in some])
            _drain(account)
            between()


def _pause_or_resume(subscription: Subscription) -> None:
    """Whichever it is time for; nothing once the walk has ended."""
    found = backfill.of(subscription)
    if found.is_open:
        with suppress(BackfillStateError):  # it has ended at this moment
            steer = backfill_control.pause
            if found.state == BackfillState.PAUSED:
                steer = backfill_control.resume
            steer(subscription, SYSTEM)


def _resume(subscription: Subscription) -> None:
    found = backfill.of(subscription)
    if found.state == BackfillState.PAUSED:
        backfill_control.resume(subscription, SYSTEM)


def _drain(account: Account) -> None:
    while process(account.pk, 0).lane is Lane.WORKED:
        pass


def _thread(errors: list[Exception], work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _until(over: threading.Event, work: Callable[[int], bool], key: int) -> None:
    while not over.is_set():
        if not work(key):
            over.wait(0.02)


def _is_over(subscription: Subscription) -> bool:
    if backfill.is_open(subscription):
        return False
    rows = Delivery.objects.for_account(subscription.account_id)
    return not rows.exclude(state="delivered").exists()


def _histories(receiver: Receiver) -> dict[str, list[str]]:
    """What the receiver was told of each user, each message once."""
    known: set[str] = set()
    found: dict[str, list[str]] = defaultdict(list)
    for each in receiver.received:
        body = orjson.loads(each.body)
        if body["meta"]["id"] not in known:
            known.add(body["meta"]["id"])
            events = [event["event"] for event in body["data"]["segment_events"]]
            found[body["data"]["user_id"]] += events
    return found


def _members(account: Account, segment_id: int) -> set[str]:
    rows = Profile.objects.for_account(account).filter(
        segment_ids__contains=[segment_id]
    )
    return {fields["user_id"] for fields in rows.values_list("fields", flat=True)}
