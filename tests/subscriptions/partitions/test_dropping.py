"""Old partitions are dropped whole; what their messages have told stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from subscriptions import ledger, partitions, retention, retirement
from subscriptions.models import Attempt, Backfill, Delivery, RetiredPartition
from subscriptions.tasks import keep_partitions
from tests.subscriptions.making import moved, send_all, write
from tests.subscriptions.partitions.keeping import (
    DAYS,
    FIRST,
    PERIOD_DAYS,
    SECOND,
    begin_next,
    end_all,
    keep_in,
    last_told,
    numbers,
    prune_in,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("as_migrated"),
]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(retirement, "CHUNK", 2)


@pytest.fixture
def told(account, segment, subscription):
    """What messages have told; they lie in the first partition, nothing after."""
    write(account, [moved(segment, "enter", n) for n in range(1, 6)])
    write(account, [moved(segment, "exit", 1)])
    send_all(subscription)
    begin_next()
    return last_told(subscription)


def test_the_old_goes_and_what_it_has_told_stays(subscription, told):
    assert keep_in(days=DAYS - 1).dropped == []
    assert last_told(subscription) == told

    assert keep_in(days=DAYS).dropped == ["subscriptions_delivery_0"]

    assert partitions.existing()[0] == SECOND
    assert partitions.existing("subscriptions_attempt")[0] == SECOND
    assert numbers(subscription) == []
    assert not Attempt.objects.for_account(subscription.account_id).exists()
    assert last_told(subscription) == told
    assert len(told) == 5
    assert not RetiredPartition.objects.exists()


def test_newer_messages_go_before(account, segment, subscription, told):
    write(account, [moved(segment, "exit", 2)])
    newer = last_told(subscription)
    assert newer != told
    keep_in(days=DAYS)
    assert len(numbers(subscription)) == 1
    assert last_told(subscription) == newer


def test_what_was_given_up_has_told_nothing(account, segment, subscription):
    write(account, [moved(segment, "enter", 1)])
    end_all(subscription, "dead")
    begin_next()
    assert keep_in(days=DAYS).dropped
    assert last_told(subscription) == {}


def test_the_open_one_stays(account, segment, subscription):
    write(account, [moved(segment, "enter", 1)])
    end_all(subscription)
    assert keep_in(days=400).dropped == []
    assert len(numbers(subscription)) == 1


def test_one_in_which_a_message_waits_stays_and_the_old_go(
    account, segment, subscription, told
):
    rows = Delivery.objects.for_account(account)
    rows.filter(pk=numbers(subscription)[-1]).update(state="pending", ended_at=None)
    assert keep_in(days=400).dropped == []
    assert prune_in(days=DAYS + 2 * PERIOD_DAYS - 1) == 0
    assert prune_in(days=DAYS + 2 * PERIOD_DAYS + 1) == 5
    assert len(numbers(subscription)) == 1
    assert last_told(subscription) == told

    end_all(subscription)
    assert keep_in(days=DAYS - 1).dropped == []
    assert keep_in(days=DAYS).dropped == ["subscriptions_delivery_0"]
    assert last_told(subscription) == told


def test_one_that_a_backfill_reads_stays(account, subscription, told):
    walk = Backfill.objects.create(
        account=account, subscription=subscription, last_profile_id=9
    )
    assert keep_in(days=DAYS).dropped == []
    assert prune_in(days=400) == 0
    walk.ended_at = timezone.now()
    walk.save()
    assert keep_in(days=DAYS).dropped == ["subscriptions_delivery_0"]


def test_what_a_deleted_subscription_leaves_goes_at_once(account, subscription, told):
    subscription.job.state = "deleted"
    subscription.job.save()
    assert retention.prune() == 6
    assert keep_in(days=0).dropped == ["subscriptions_delivery_0"]


def test_it_goes_on_after_a_kill(subscription, told, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    kept = []
    keep = ledger.keep
    with monkeypatch.context() as patch:
        patch.setattr(partitions, "drop_deliveries", die)
        with pytest.raises(Killed):
            keep_in(days=DAYS)
    assert last_told(subscription) == told
    assert len(numbers(subscription)) == 6
    monkeypatch.setattr(
        ledger, "keep", lambda cursor, ids: (kept.append(ids), keep(cursor, ids))
    )

    assert keep_in(days=DAYS).dropped == ["subscriptions_delivery_0"]
    assert kept == []
    assert last_told(subscription) == told


def test_a_kill_in_the_middle_keeps_what_it_has(subscription, told, monkeypatch):
    class Killed(BaseException):
        pass

    def keep_one(cursor, ids):
        if kept:
            raise Killed
        kept.append(ids)
        keep(cursor, ids)

    kept: list[list[int]] = []
    keep = ledger.keep
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "keep", keep_one)
        with pytest.raises(Killed):
            keep_in(days=DAYS)
    assert last_told(subscription) == told
    assert RetiredPartition.objects.get().cursor == kept[0][-1]
    keep_in(days=DAYS)
    assert last_told(subscription) == told
    assert numbers(subscription) == []


@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_a_merge_in_between_is_kept_too(
    account, segment, subscription, told, monkeypatch, chunks
):
    def merge_after(retired, end):
        calls.append(end)
        if len(calls) == chunks + 1:
            write(account, [merged])
        return keep_next(retired, end)

    merged = replace(moved(segment, "enter", 6), transitions=[], merged_ids=(2,))
    calls: list[int] = []
    keep_next = retirement._keep_next
    monkeypatch.setattr(retirement, "_keep_next", merge_after)
    assert keep_in(days=DAYS).dropped == ["subscriptions_delivery_0"]
    assert last_told(subscription) == {6: told.pop(2), **told}


def test_attempts_left_by_a_kill_go_the_next_time(subscription, told):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "drop_orphans", lambda: None)
        keep_in(days=DAYS)
    assert partitions.existing("subscriptions_attempt")[0] == FIRST
    assert keep_in(days=DAYS).dropped == []
    assert partitions.existing("subscriptions_attempt")[0] == SECOND


def test_a_lock_that_cannot_be_had_is_left_for_later(
    subscription, told, other_session, monkeypatch, caplog
):
    later = timezone.now() + timedelta(days=DAYS)
    other_session.set_autocommit(False)
    with other_session.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM subscriptions_delivery")
    with time_machine.travel(later):
        keep_partitions()
    assert "left for the next time" in caplog.text
    assert len(numbers(subscription)) == 6
    assert last_told(subscription) == told
    other_session.rollback()

    assert keep_in(days=DAYS).dropped == ["subscriptions_delivery_0"]
    assert last_told(subscription) == told


def test_the_task_says_what_it_did(told, caplog):
    caplog.set_level("INFO")
    with time_machine.travel(timezone.now() + timedelta(days=DAYS)):
        keep_partitions()
    assert "partitions dropped: subscriptions_delivery_0" in caplog.text
