"""What is taken is leased, and a lease ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import time_machine
from django.utils import timezone

from subscriptions import claim, deliver, retry, tasks
from subscriptions.models import Attempt, Lease
from subscriptions.outcome import Delivered, Outcome
from tests.subscriptions.making import make_subscription, moved, send_all, states, write


def test_what_a_killed_deliverer_had_is_sent_again_as_the_same_message(
    account, segment, inbox
):
    subscription = make_subscription(account, [segment], inbox.url)
    write(account, [moved(segment, "enter", 1), moved(segment, "exit", 1)])
    found = claim.claim(subscription.id, 10)  # and then it is killed
    assert [taken.profile_id for taken in found.taken] == [1]
    send_all(subscription)
    assert inbox.arrivals == []

    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=claim.LEASE_S + 1)):
        assert claim.due() == [subscription.id]
        send_all(subscription)
    assert [a.events[0] for a in inbox.arrivals] == ["enter", "exit"]
    first = inbox.arrivals[0]
    assert first.headers["webhook-id"] == str(found.taken[0].message_id)


def test_a_result_that_comes_after_the_lease_changes_nothing(account, segment):
    subscription = make_subscription(account, [segment])
    write(account, [moved(segment, "enter", 1)])
    late = claim.claim(subscription.id, 10).taken[0]
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=claim.LEASE_S + 1)):
        again = claim.claim(subscription.id, 10).taken[0]
        assert again.message_id == late.message_id
        outcome = Outcome(Delivered(), timezone.now(), 1, 200)
        claim.settle([claim.Result(late, outcome, retry.decide(Delivered(), 0))])
        assert states(subscription) == ["pending"]
        claim.settle([claim.Result(again, outcome, retry.decide(Delivered(), 0))])
        assert states(subscription) == ["delivered"]
    assert Attempt.objects.for_account(account).count() == 2


def test_a_lease_that_has_ended_is_dropped(account, segment):
    subscription = make_subscription(account, [segment])
    write(account, [moved(segment, "enter", 1)])
    claim.claim(subscription.id, 10)
    tasks.sweep()
    assert Lease.objects.count() == 1
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=claim.LEASE_S + 1)):
        tasks.sweep()
    assert Lease.objects.count() == 0


def test_a_long_queue_is_read_from_where_the_run_has_come(
    account, segment, inbox, monkeypatch
):
    since = []
    original = claim.claim

    def claims(subscription_id, most, looks_since):
        since.append(looks_since)
        return original(subscription_id, most, looks_since)

    monkeypatch.setattr(claim, "claim", claims)
    subscription = make_subscription(account, [segment], inbox.url)
    for _ in range(3):
        write(account, [moved(segment, "enter") for _ in range(deliver.CLAIM_MOST)])
    send_all(subscription)
    assert len(inbox.arrivals) == 3 * deliver.CLAIM_MOST
    assert since[0] == claim.EVER < since[1] < since[2]
