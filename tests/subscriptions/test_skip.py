"""After a pause: all that was collected, the latest of each user, or none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import AuditEntry
from lyticsapp.jobs.errors import TransitionError
from lyticsapp.jobs.models import JobState
from subscriptions import ledger, lifecycle, replay, skip, tasks
from subscriptions.models import Backlog, Delivery, Lease, Skipping
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


@pytest.fixture
def other(account):
    return make_segment(account, "other")


@pytest.fixture
def subscription(account, segment, other, inbox):
    made = make_subscription(account, [segment, other], inbox.url)
    lifecycle.pause(made, SYSTEM)
    return made


def resume(subscription, backlog):
    skip.resume(subscription, backlog, SYSTEM)
    while skip.work(subscription.pk):
        pass
    subscription.job.refresh_from_db()
    assert subscription.job.state == JobState.RUNNING
    assert not Skipping.objects.for_account(subscription.account).exists()
    send_all(subscription)


def arrived(inbox, user):
    return [
        tuple((e["slug"], e["event"]) for e in a.json["data"]["segment_events"])
        for a in inbox.of(user)
    ]


def collected(account, segment, other):
    """Of user 1 three messages, the last two of one segment; of 2 one, of 3 two."""
    write(
        account,
        [
            moved(segment, "enter", 1),
            moved(other, "enter", 1),
            moved(other, "exit", 1),
            moved(segment, "enter", 2),
            moved(segment, "enter", 3),
            moved(segment, "exit", 3),
        ],
    )


def test_all_are_sent_in_order(account, segment, other, subscription, inbox):
    collected(account, segment, other)
    resume(subscription, Backlog.ALL)
    assert arrived(inbox, "3") == [(("vip", "enter"),), (("vip", "exit"),)]
    assert states(subscription) == ["delivered"] * 6


def test_the_latest_of_each_segment_is_sent(
    account, segment, other, subscription, inbox, monkeypatch
):
    monkeypatch.setattr(skip, "CHUNK", 2)
    collected(account, segment, other)
    resume(subscription, Backlog.LATEST)
    assert arrived(inbox, "1") == [(("vip", "enter"),), (("other", "exit"),)]
    assert arrived(inbox, "2") == [(("vip", "enter"),)]
    assert arrived(inbox, "3") == [(("vip", "exit"),)]
    skipped = [each for each in deliveries(subscription) if each.state == "skipped"]
    assert [each.profile_id for each in skipped] == [1, 3]
    assert {each.reason for each in skipped} == {skip.REASONS[Backlog.LATEST]}
    assert all(each.ended_at for each in skipped)


def test_none_is_sent(account, segment, other, subscription, inbox):
    collected(account, segment, other)
    resume(subscription, Backlog.NONE)
    assert inbox.arrivals == []
    assert set(states(subscription)) == {"skipped"}
    write(account, [moved(segment, "enter", 4)])
    send_all(subscription)
    assert arrived(inbox, "4") == [(("vip", "enter"),)]


def test_a_message_of_several_segments_stays_for_what_is_told_no_more(
    account, segment, other, subscription, inbox
):
    write(account, [moved(segment, "enter", 1), moved(other, "enter", 1)])
    first, second = deliveries(subscription)
    data = first.payload["data"]
    data["segment_events"] += second.payload["data"]["segment_events"]
    second.delete()
    put(first, first.payload)
    write(account, [moved(other, "exit", 1)])
    resume(subscription, Backlog.LATEST)
    assert arrived(inbox, "1") == [
        (("vip", "enter"), ("other", "enter")),
        (("other", "exit"),),
    ]


@pytest.mark.parametrize(
    ("events", "left"),
    [
        (("enter", "change"), ["enter", "change"]),
        (("change", "change"), ["change"]),
        (("change", "exit"), ["exit"]),
    ],
)
def test_a_change_takes_the_place_of_changes_alone(
    account, segment, subscription, inbox, events, left
):
    for event in events:
        write(account, [moved(segment, "enter", 1)])
        newest = deliveries(subscription)[-1]
        newest.payload["data"]["segment_events"][0]["event"] = event
        put(newest, newest.payload)
    resume(subscription, Backlog.LATEST)
    assert [event for a in inbox.arrivals for event in a.events] == left


def put(delivery, payload):
    Delivery.objects.for_account(delivery.account_id).filter(pk=delivery.pk).update(
        payload=payload
    )


def test_what_is_sent_again_is_as_old_as_it_was(account, segment, inbox, subscription):
    lifecycle.resume(subscription, SYSTEM)
    write(account, [moved(segment, "enter", 1)])
    send_all(subscription)
    subscription.refresh_from_db()
    lifecycle.pause(subscription, SYSTEM)
    write(account, [moved(segment, "exit", 1)])
    first, _ = deliveries(subscription)
    replay.work(replay.start(account, Selection(ids=(first.pk,)), SYSTEM).pk)
    del inbox.arrivals[:]
    resume(subscription, Backlog.LATEST)
    assert arrived(inbox, "1") == [(("vip", "exit"),)]
    assert states(subscription) == ["delivered", "delivered", "skipped"]


def test_what_was_put_off_behind_a_skipped_one_is_sent_at_once(
    account, segment, other, subscription, inbox
):
    lifecycle.resume(subscription, SYSTEM)
    inbox.answer = lambda _: Reply(500)
    write(account, [moved(segment, "enter", 1)])
    send_all(subscription)
    write(account, [moved(segment, "exit", 1)])
    send_all(subscription)
    waits = Delivery.objects.for_account(account)
    waits.update(next_attempt_at=timezone.now() + timedelta(hours=1))
    subscription.refresh_from_db()
    lifecycle.pause(subscription, SYSTEM)
    inbox.answer = lambda _: Reply()
    resume(subscription, Backlog.LATEST)
    assert states(subscription) == ["skipped", "delivered"]


def test_what_is_on_its_way_is_left(account, segment, subscription):
    write(account, [moved(segment, "enter", 1)])
    waits = Delivery.objects.for_account(account)
    Lease.objects.create(
        subscription=subscription,
        until=timezone.now() + timedelta(seconds=20),
        delivery_ids=[waits.get().pk],
    )
    skip.resume(subscription, Backlog.NONE, SYSTEM)
    skip.work(subscription.pk)
    assert states(subscription) == ["pending"]


def test_what_is_skipped_has_told_nothing(account, segment, subscription):
    write(account, [moved(segment, "enter", 1)])
    resume(subscription, Backlog.NONE)
    with raw_cursor() as cursor:
        assert ledger.last_told(cursor, [subscription.pk], [1]) == {}
    assert replay.preview(account, Selection(state="skipped")).messages == 1


def test_it_goes_on_after_a_kill(account, segment, subscription, monkeypatch):
    monkeypatch.setattr(skip, "CHUNK", 2)
    write(account, [moved(segment, "enter") for _ in range(5)])
    skip.resume(subscription, Backlog.NONE, SYSTEM)
    skip.step(subscription.pk)
    assert skip.unfinished() == [subscription.pk]
    assert skip.of(subscription).skipped == 2
    subscription.job.refresh_from_db()
    assert subscription.job.state == JobState.PAUSED
    while skip.work(subscription.pk):
        pass
    assert set(states(subscription)) == {"skipped"}
    last = AuditEntry.objects.for_account(account).order_by("pk").last()
    assert last.action == "resume"


def test_a_job_that_was_steered_otherwise_is_left_alone(account, segment, subscription):
    write(account, [moved(segment, "enter")])
    skip.resume(subscription, Backlog.NONE, SYSTEM)
    lifecycle.resume(subscription, SYSTEM)
    skip.work(subscription.pk)
    assert skip.unfinished() == []
    assert states(subscription) == ["pending"]


@pytest.mark.parametrize("backlog", [Backlog.LATEST, Backlog.NONE])
def test_what_is_not_paused_is_not_resumed(account, segment, inbox, backlog):
    running = make_subscription(account, [segment], inbox.url)
    running.job.state = JobState.FAILED
    running.job.save()
    with pytest.raises(TransitionError):
        skip.resume(running, backlog, SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_the_task_and_the_sweep_go_on_with_it(account, segment, subscription):
    write(account, [moved(segment, "enter")])
    skip.resume(subscription, Backlog.NONE, SYSTEM)
    tasks.sweep()
    tasks.skip(subscription.pk)
    subscription.job.refresh_from_db()
    assert subscription.job.state == JobState.RUNNING
    assert states(subscription) == ["skipped"]
