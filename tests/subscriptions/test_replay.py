"""Messages are sent again: the right ones, once, in order, no faster than asked."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import AuditEntry
from segments.profiles.models import Profile
from subscriptions import backlog, ledger, lifecycle, replay, retention, tasks
from subscriptions.errors import NothingToReplayError, ReplayRateError
from subscriptions.models import Delivery, Replay
from subscriptions.selection import Selection
from subscriptions.sql import raw_cursor
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

EVERYTHING = Selection()


@pytest.fixture
def subscription(account, segment, inbox):
    return make_subscription(account, [segment], inbox.url)


def sent(account, subscription, *updates):
    write(account, updates)
    send_all(subscription)


def go_on(begun, seconds=60):
    """Let a replay go on for so long, a look each second."""
    for second in range(seconds):
        with time_machine.travel(timezone.now() + timedelta(seconds=second)):
            replay.work(begun.pk)
        begun.refresh_from_db()
        if begun.ended_at:
            break
    return begun


def replayed(account, wanted=EVERYTHING):
    return go_on(replay.start(account, wanted, SYSTEM))


def copies(subscription):
    return [each for each in deliveries(subscription) if each.replay]


def test_a_message_is_the_same_but_for_its_cause_and_number(
    account, segment, subscription, inbox
):
    sent(account, subscription, moved(segment, "enter", 1))
    begun = replayed(account)
    send_all(subscription)
    first, second = (each.json for each in inbox.arrivals)
    assert second["meta"]["cause"] == "replay"
    assert second["meta"]["sequence"] > first["meta"]["sequence"]
    for message in (first, second):
        del message["meta"]["cause"], message["meta"]["sequence"]
    assert list(first["meta"]) == list(second["meta"])
    assert first == second
    (copy,) = copies(subscription)
    assert copy.replay == begun.pk
    assert copy.segment_ids == [segment.pk]
    assert (begun.done, begun.total) == (1, 1)


def test_each_is_sent_once_in_order_whatever_the_chunks(
    account, segment, subscription, inbox, monkeypatch
):
    monkeypatch.setattr(replay, "CHUNK", 3)
    events = ["enter", "exit", "enter"]
    sent(account, subscription, *(moved(segment, e, p) for e in events for p in (1, 2)))
    send_all(subscription)
    del inbox.arrivals[:]
    replayed(account)
    send_all(subscription)
    assert len(inbox.arrivals) == 6
    for user in ("1", "2"):
        assert [a.events for a in inbox.of(user)] == [[event] for event in events]


def test_it_goes_on_after_a_kill(account, segment, subscription, monkeypatch):
    monkeypatch.setattr(replay, "CHUNK", 2)
    sent(account, subscription, *(moved(segment, "enter") for _ in range(5)))
    begun = replay.start(account, EVERYTHING, SYSTEM)
    advance = replay._advance
    deaths = [1]

    def dies(found, chosen):
        if found.cursor and deaths.pop():
            deaths.append(0)
            raise KeyboardInterrupt
        advance(found, chosen)

    monkeypatch.setattr(replay, "_advance", dies)
    with pytest.raises(KeyboardInterrupt):
        go_on(begun)
    assert len(copies(subscription)) == 2
    monkeypatch.setattr(replay, "_advance", advance)
    go_on(begun)
    ids = [each.message_id for each in copies(subscription)]
    assert len(set(ids)) == len(ids) == begun.done == 5


def test_no_more_a_second_than_asked(account, segment, subscription):
    sent(account, subscription, *(moved(segment, "enter") for _ in range(7)))
    begun = replay.start(account, EVERYTHING, SYSTEM, per_second=2)
    counts = []
    for second in range(4):
        with time_machine.travel(begun.created_at + timedelta(seconds=second + 0.5)):
            assert begun.pk in replay.unfinished()
            replay.work(begun.pk)
            replay.work(begun.pk)
            assert begun.pk not in replay.unfinished()
        counts.append(len(copies(subscription)))
    assert counts == [2, 4, 6, 7]


def test_a_pause_of_the_workers_is_not_made_up_for(account, segment, subscription):
    sent(account, subscription, *(moved(segment, "enter") for _ in range(30)))
    begun = replay.start(account, EVERYTHING, SYSTEM, per_second=2)
    with time_machine.travel(begun.created_at + timedelta(hours=1), tick=False):
        replay.work(begun.pk)
    assert len(copies(subscription)) == 4


@pytest.mark.parametrize("rate", [0, -1, replay.MOST_PER_SECOND + 1])
def test_a_rate_that_cannot_be_is_refused(account, segment, subscription, rate):
    sent(account, subscription, moved(segment, "enter"))
    with pytest.raises(ReplayRateError, match="from 1 to 1,000"):
        replay.start(account, EVERYTHING, SYSTEM, per_second=rate)


class TestWhichOnes:
    @pytest.fixture
    def others(self, account, segment):
        return make_segment(account, "other")

    @pytest.fixture
    def mixed(self, account, segment, others, inbox):
        """One that arrived, one that died, and one of another segment."""
        refused = {"2"}
        inbox.answer = lambda a: Reply(
            400 if a.json["data"]["user_id"] in refused else 200
        )
        made = make_subscription(account, [segment, others], inbox.url)
        updates = [moved(segment, "enter", 1), moved(segment, "enter", 2)]
        sent(account, made, *updates, moved(others, "enter", 3))
        assert sorted(states(made)) == ["dead", "delivered", "delivered"]
        refused.clear()
        return made

    def chosen(self, account, wanted):
        assert replay.preview(account, wanted).is_capped is False
        return replay.preview(account, wanted).messages

    def test_by_what_is_said_of_them(self, account, mixed, segment, others):
        first, _, third = deliveries(mixed)
        later = first.created_at + timedelta(seconds=60)
        for wanted, number in [
            (EVERYTHING, 3),
            (Selection(state="dead"), 1),
            (Selection(outcome="omitted"), 1),
            (Selection(outcome="delivered"), 2),
            (Selection(segment_id=segment.pk), 2),
            (Selection(segment_id=others.pk), 1),
            (Selection(subscription_id=mixed.pk, profile_id=3), 1),
            (Selection(subscription_id=mixed.pk + 1), 0),
            (Selection(since=first.created_at, until=later), 3),
            (Selection(since=later), 0),
            (Selection(ids=(first.pk, third.pk)), 2),
        ]:
            assert self.chosen(account, wanted) == number, wanted

    def test_what_is_said_survives_being_written_down(self, account, mixed):
        first = deliveries(mixed)[0]
        wanted = Selection(
            ids=(first.pk,), since=first.created_at, state="delivered", profile_id=1
        )
        assert replayed(account, wanted).done == 1
        assert [each.profile_id for each in copies(mixed)] == [1]

    def test_dead_letters_that_arrived_since_are_dead_no_more(self, account, mixed):
        dead = Selection(state="dead")
        replayed(account, dead)
        # On its way, and so neither selected by its state nor by itself.
        assert self.chosen(account, EVERYTHING) == 2
        send_all(mixed)
        assert self.chosen(account, dead) == 0
        assert self.chosen(account, EVERYTHING) == 3

    def test_a_chosen_one_may_be_chosen_again(self, account, mixed):
        dead = next(each for each in deliveries(mixed) if each.state == "dead")
        for number in (1, 2):
            replayed(account, Selection(ids=(dead.pk,)))
            send_all(mixed)
            assert len(copies(mixed)) == number
        assert {each.first_id for each in copies(mixed)} == {dead.pk}

    def test_what_came_after_it_began_is_left(self, account, mixed, segment):
        begun = replay.start(account, EVERYTHING, SYSTEM)
        sent(account, mixed, moved(segment, "enter", 4))
        assert go_on(begun).done == 3

    def test_a_count_says_where_it_ends(self, account, mixed, monkeypatch):
        monkeypatch.setattr(replay.selection, "COUNTED_AT_MOST", 2)
        assert replay.preview(account, EVERYTHING) == replay.Count(2, True)

    def test_nothing_is_refused(self, account, mixed):
        with pytest.raises(NothingToReplayError):
            replay.start(account, Selection(state="pending"), SYSTEM)

    def test_messages_of_others_are_not_found(self, stranger, mixed):
        ids = tuple(each.pk for each in deliveries(mixed))
        assert self.chosen(stranger, Selection(ids=ids)) == 0


def test_it_is_cancelled(account, segment, subscription, monkeypatch):
    monkeypatch.setattr(replay, "CHUNK", 2)
    sent(account, subscription, *(moved(segment, "enter") for _ in range(5)))
    begun = replay.start(account, EVERYTHING, SYSTEM)
    replay.step(account.pk, begun.pk)
    replay.cancel(begun, SYSTEM)
    go_on(begun)
    assert begun.is_cancelled
    assert len(copies(subscription)) == 2
    actions = AuditEntry.objects.for_account(account).filter(object_type="replay")
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        "replay",
        "cancel",
    ]


def test_it_waits_while_plenty_waits_to_be_sent(
    account, segment, subscription, monkeypatch
):
    monkeypatch.setattr(replay, "CHUNK", 2)
    monkeypatch.setattr(backlog, "MOST_WAITING", 3)
    sent(account, subscription, *(moved(segment, "enter") for _ in range(5)))
    begun = replay.start(account, EVERYTHING, SYSTEM)
    go_on(begun, seconds=5)
    assert len(copies(subscription)) == 4
    send_all(subscription)
    assert go_on(begun).ended_at
    assert len(copies(subscription)) == 5


def test_a_deleted_subscription_gets_nothing(account, segment, subscription):
    sent(account, subscription, moved(segment, "enter"))
    begun = replay.start(account, EVERYTHING, SYSTEM)
    lifecycle.delete(subscription, SYSTEM)
    assert go_on(begun).done == 0
    assert begun.ended_at is not None


def test_a_profile_that_is_merged_at_that_moment_keeps_its_order(
    account, segment, subscription, monkeypatch
):
    sent(account, subscription, moved(segment, "enter", 1))
    begun = replay.start(account, EVERYTHING, SYSTEM)
    next_chunk = replay._next_chunk

    def merged_after(*args):
        chosen = next_chunk(*args)
        Delivery.objects.for_account(account).filter(profile_id=1).update(profile_id=9)
        return chosen

    monkeypatch.setattr(replay, "_next_chunk", merged_after)
    assert replay.step(account.pk, begun.pk) is True
    assert copies(subscription) == []
    assert replay.step(account.pk, begun.pk) is True
    assert [each.profile_id for each in copies(subscription)] == [9]


@pytest.mark.django_db(transaction=True)
def test_it_numbers_no_message_while_a_batch_holds_its_profile(
    account, segment, subscription
):
    now = timezone.now()
    profile = Profile.objects.create(account=account, created_at=now, modified_at=now)
    sent(account, subscription, moved(segment, "enter", profile.pk))
    begun = replay.start(account, EVERYTHING, SYSTEM)
    waits = []

    def step():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
            replay.step(account.pk, begun.pk)
        except LockNotAvailable as error:
            waits.append(str(error))
        finally:
            connection.close()

    with transaction.atomic():
        Profile.objects.for_account(account).select_for_update().get()
        thread = threading.Thread(target=step)
        thread.start()
        thread.join()
    assert "lock timeout" in waits[0]
    assert copies(subscription) == []


def test_what_was_pruned_meanwhile_is_passed_over(account, segment, subscription):
    sent(account, subscription, moved(segment, "enter"))
    begun = replay.start(account, EVERYTHING, SYSTEM)
    with time_machine.travel(timezone.now() + timedelta(days=43)):
        assert retention.prune() == 1
    assert go_on(begun).done == 0


class TestWhatWasToldLast:
    def last(self, subscription, profile_id=1):
        with raw_cursor() as cursor:
            told = ledger.last_told(cursor, [subscription.pk], [profile_id])
        return [entry.event for entry in told.values()]

    def test_an_old_enter_is_not_the_last(self, account, segment, subscription):
        sent(account, subscription, moved(segment, "enter", 1))
        sent(account, subscription, moved(segment, "exit", 1))
        enter, _ = deliveries(subscription)
        for _ in range(2):
            replayed(account, Selection(ids=(enter.pk,)))
            assert self.last(subscription) == ["exit"]
            send_all(subscription)
            assert self.last(subscription) == ["exit"]

    def test_what_died_was_not_told(self, account, segment, subscription, inbox):
        sent(account, subscription, moved(segment, "enter", 1))
        inbox.answer = lambda _: Reply(400)
        sent(account, subscription, moved(segment, "exit", 1))
        assert self.last(subscription) == ["enter"]
        inbox.answer = lambda _: Reply(200)
        replayed(account, Selection(state="dead"))
        send_all(subscription)
        assert self.last(subscription) == ["exit"]


@pytest.mark.django_db(transaction=True)
def test_the_task_and_the_sweep_go_on_with_it(account, segment, subscription):
    sent(account, subscription, moved(segment, "enter"))
    begun = replay.start(account, EVERYTHING, SYSTEM)
    tasks.sweep()
    tasks.replay(begun.pk)
    send_all(subscription)
    assert states(subscription) == ["delivered", "delivered"]
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        tasks.replay(begun.pk)
    assert Replay.objects.for_account(account).get().ended_at is not None
