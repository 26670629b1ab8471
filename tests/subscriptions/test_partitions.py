"""The partitions of deliveries: begun by age, and dropped with what they have told."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from lyticsapp.accounts.models import Account
from subscriptions import ledger, partitions, retention, retirement
from subscriptions.models import Attempt, Backfill, Delivery, RetiredPartition
from subscriptions.partitions import SPAN, Partition
from subscriptions.sql import raw_cursor
from subscriptions.tasks import keep_partitions
from tests.subscriptions.making import (
    deliveries,
    make_segment,
    make_subscription,
    moved,
    send_all,
    write,
)

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = 30
PERIOD_DAYS = DAYS // partitions.PARTS
USERS = 10
ROUNDS = 60
FIRST, SECOND = Partition(0, SPAN), Partition(SPAN, 2 * SPAN)


@pytest.fixture(autouse=True)
def as_migrated(transactional_db, settings):
    """Has the partitions afterwards that a new database has."""
    settings.DELIVERY_RETENTION_DAYS = DAYS
    yield
    with connection.cursor() as cursor:
        for parent in ("subscriptions_delivery", "subscriptions_attempt"):
            for each in partitions.existing(parent):
                cursor.execute(f"DROP TABLE {each.part_of(parent)}")
        for each in (FIRST, SECOND):
            partitions._make(each)
        set_sequence(1)


@pytest.fixture
def account(transactional_db):
    return Account.objects.create(name="Own")


@pytest.fixture
def segment(account):
    return make_segment(account)


@pytest.fixture
def subscription(account, segment, inbox):
    return make_subscription(account, [segment], inbox.url)


@pytest.fixture
def other_session():
    """A session of another process."""
    other = connection.copy()
    yield other
    other.close()


def set_sequence(number):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('subscriptions_delivery_id_seq', %s, false)", [number]
        )


def keep_in(days):
    """As the task does it, so many days from now."""
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        return retirement.keep(timezone.now())


def prune_in(days):
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        return retention.prune()


def begin_next():
    """Write to the next partition."""
    there = len(partitions.existing())
    keep_in(days=PERIOD_DAYS)
    assert len(partitions.existing()) == there + 1


def numbers(subscription):
    return [each.pk for each in deliveries(subscription)]


def end_all(subscription, state="delivered"):
    rows = Delivery.objects.for_account(subscription.account_id)
    rows.filter(state="pending").update(state=state, ended_at=timezone.now())


def last_told(subscription):
    with raw_cursor() as cursor:
        told = ledger.last_told(cursor, [subscription.pk], range(1, USERS + 1))
    return {
        profile_id: (entry.event, entry.sequence)
        for (_, profile_id, _), entry in told.items()
    }


def rows_of_parts(table):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT tableoid::regclass::text, count(*) FROM {table}"
            " GROUP BY 1 ORDER BY 1"
        )
        return dict(cursor.fetchall())


class TestBeginning:
    def test_a_migrated_database_has_one_ahead(self):
        assert partitions.existing() == [FIRST, SECOND]
        assert partitions.existing("subscriptions_attempt") == [FIRST, SECOND]
        assert partitions.make_ahead() == []

    def test_the_next_is_begun_when_the_oldest_message_is_old(
        self, account, segment, subscription
    ):
        write(account, [moved(segment, "enter", 1)])
        assert keep_in(days=PERIOD_DAYS - 1).made == []
        assert keep_in(days=PERIOD_DAYS).made == ["subscriptions_delivery_2"]
        write(account, [moved(segment, "exit", 1)])
        send_all(subscription)

        assert FIRST.holds(numbers(subscription)[0])
        assert numbers(subscription)[1] == SECOND.begin
        assert rows_of_parts("subscriptions_attempt") == {
            "subscriptions_attempt_0": 1,
            "subscriptions_attempt_1": 1,
        }

    def test_one_without_messages_is_gone_on_with(self):
        assert keep_in(days=400).made == []

    def test_one_that_is_full_ends_in_the_next(self, account, segment, subscription):
        set_sequence(SPAN - 2)
        write(account, [moved(segment, "enter", n) for n in range(1, 5)])
        assert numbers(subscription) == [SPAN - 2, SPAN - 1, SPAN, SPAN + 1]
        assert partitions.make_ahead() == ["subscriptions_delivery_2"]

    def test_the_sequence_is_never_lowered(self, account, segment, subscription):
        """Near the end of a range, others may be in the next one at any moment."""
        set_sequence(SPAN - 2)
        write(account, [moved(segment, "enter", 1)])

        assert keep_in(days=PERIOD_DAYS).made == [
            "subscriptions_delivery_2",
            "subscriptions_delivery_3",
        ]
        write(account, [moved(segment, "exit", 1)])
        assert numbers(subscription) == [SPAN - 2, 2 * SPAN]

    def test_there_are_never_too_many(self, account, segment, subscription):
        for n in range(1, partitions.MOST + 3):
            write(account, [moved(segment, "enter", n)])
            keep_in(days=PERIOD_DAYS)
        assert len(partitions.existing()) == partitions.MOST
        assert numbers(subscription) == sorted(numbers(subscription))

    def test_two_at_once_begin_one(self, account, segment, subscription):
        def keep_too():
            also.append(keep_in(days=PERIOD_DAYS).made)
            connection.close()

        write(account, [moved(segment, "enter", 1)])
        also: list[list[str]] = []
        with partitions.alone() as is_alone:
            assert is_alone
            second = threading.Thread(target=keep_too)
            second.start()
            second.join(10)
        assert also == [[]]
        assert keep_in(days=PERIOD_DAYS).made == ["subscriptions_delivery_2"]

    def test_their_indexes_are_those_of_the_whole(self, account, segment, subscription):
        write(account, [moved(segment, "enter", 1)])
        begin_next()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname, count(i.*) FROM pg_class c"
                " LEFT JOIN pg_inherits h ON h.inhparent = c.oid"
                " LEFT JOIN pg_index i ON i.indexrelid = h.inhrelid"
                " WHERE c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid IN"
                " ('subscriptions_delivery'::regclass,"
                " 'subscriptions_attempt'::regclass)) GROUP BY 1"
            )
            parts = dict(cursor.fetchall())
        assert set(parts.values()) == {3}
        assert {"delivery_due", "subscriptions_attempt_pkey"} <= set(parts)


class TestDropping:
    @pytest.fixture(autouse=True)
    def small_chunks(self, monkeypatch):
        monkeypatch.setattr(retirement, "CHUNK", 2)

    @pytest.fixture
    def told(self, account, segment, subscription):
        """What messages have told; they lie in the first partition, nothing after."""
        write(account, [moved(segment, "enter", n) for n in range(1, 6)])
        write(account, [moved(segment, "exit", 1)])
        send_all(subscription)
        begin_next()
        return last_told(subscription)

    def test_the_old_goes_and_what_it_has_told_stays(self, subscription, told):
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

    def test_newer_messages_go_before(self, account, segment, subscription, told):
        write(account, [moved(segment, "exit", 2)])
        newer = last_told(subscription)
        assert newer != told
        keep_in(days=DAYS)
        assert len(numbers(subscription)) == 1
        assert last_told(subscription) == newer

    def test_what_was_given_up_has_told_nothing(self, account, segment, subscription):
        write(account, [moved(segment, "enter", 1)])
        end_all(subscription, "dead")
        begin_next()
        assert keep_in(days=DAYS).dropped
        assert last_told(subscription) == {}

    def test_the_open_one_stays(self, account, segment, subscription):
        write(account, [moved(segment, "enter", 1)])
        end_all(subscription)
        assert keep_in(days=400).dropped == []
        assert len(numbers(subscription)) == 1

    def test_one_in_which_a_message_waits_stays_and_the_old_go(
        self, account, segment, subscription, told
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

    def test_one_that_a_backfill_reads_stays(self, account, subscription, told):
        walk = Backfill.objects.create(
            account=account, subscription=subscription, last_profile_id=9
        )
        assert keep_in(days=DAYS).dropped == []
        assert prune_in(days=400) == 0
        walk.ended_at = timezone.now()
        walk.save()
        assert keep_in(days=DAYS).dropped == ["subscriptions_delivery_0"]

    def test_what_a_deleted_subscription_leaves_goes_at_once(
        self, account, subscription, told
    ):
        subscription.job.state = "deleted"
        subscription.job.save()
        assert retention.prune() == 6
        assert keep_in(days=0).dropped == ["subscriptions_delivery_0"]

    def test_it_goes_on_after_a_kill(self, subscription, told, monkeypatch):
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

    def test_a_kill_in_the_middle_keeps_what_it_has(
        self, subscription, told, monkeypatch
    ):
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
        self, account, segment, subscription, told, monkeypatch, chunks
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

    def test_attempts_left_by_a_kill_go_the_next_time(self, subscription, told):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(partitions, "drop_orphans", lambda: None)
            keep_in(days=DAYS)
        assert partitions.existing("subscriptions_attempt")[0] == FIRST
        assert keep_in(days=DAYS).dropped == []
        assert partitions.existing("subscriptions_attempt")[0] == SECOND

    def test_a_lock_that_cannot_be_had_is_left_for_later(
        self, subscription, told, other_session, monkeypatch, caplog
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

    def test_the_task_says_what_it_did(self, told, caplog):
        caplog.set_level("INFO")
        with time_machine.travel(timezone.now() + timedelta(days=DAYS)):
            keep_partitions()
        assert "partitions dropped: subscriptions_delivery_0" in caplog.text


def test_all_arrive_in_order_while_partitions_come_and_go(
    account, segment, subscription, inbox, monkeypatch
):
    def closed_a_while_ago():
        return closed()[:-2]

    def write_all():
        for number in range(ROUNDS):
            event = "exit" if number % 2 else "enter"
            users = range(1, USERS + 1)
            write(account, [moved(segment, event, user) for user in users])

    def deliver_all():
        while len(inbox.arrivals) < ROUNDS * USERS and not errors:
            send_all(subscription)

    def run(work):
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    closed = partitions.closed
    monkeypatch.setattr(partitions, "closed", closed_a_while_ago)
    errors: list[Exception] = []
    dropped: list[str] = []
    threads = [
        threading.Thread(target=run, args=[work]) for work in (write_all, deliver_all)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with suppress(OperationalError):  # a lock could not be had
            dropped += retirement.keep(timezone.now() + timedelta(days=400)).dropped
    assert errors == []
    assert len(dropped) > 3

    newest: dict[str, int] = {}
    for arrival in inbox.arrivals:
        user, sequence = (
            arrival.json["data"]["user_id"],
            arrival.json["meta"]["sequence"],
        )
        assert sequence > newest.get(user, 0)
        newest[user] = sequence
    assert len(inbox.arrivals) == ROUNDS * USERS
    assert last_told(subscription) == {
        int(user): ("exit", sequence) for user, sequence in newest.items()
    }
