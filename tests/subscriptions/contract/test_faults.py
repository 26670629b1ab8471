"""Through faults at any rate nothing is lost, order is kept, and ids are stable."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from subscriptions import channel
from tests.subscriptions.faulty import KEY, Fault, Faults, Faulty
from tests.subscriptions.making import (
    deliveries,
    moved,
    send_all,
    states,
    subscribe,
    write,
)

USERS = range(1, 9)
STEPS = ["enter", "exit"] * 3
MOST_ROUNDS = 200
LONGER_THAN_ANY_WAIT = timedelta(hours=2)


def rates(seed):
    """Some share of each fault; at times most tries go wrong."""
    draw = random.Random(seed)
    shares = {fault.value: draw.uniform(0.05, 0.2) for fault in Fault}
    return Faults(seed=seed, **shares)


@pytest.fixture
def faulty_of(way, monkeypatch):
    """Has a faulty channel, around the one of the harness, found."""

    def faulty_of(seed):
        faulty = Faulty(way, rates(seed))
        monkeypatch.setattr(channel, "_finders", {})
        channel.bind("tests", lambda: [faulty.channel])
        return faulty

    yield faulty_of
    monkeypatch.undo()
    channel.registry.cache_clear()


def send_until_all_arrived(subscription):
    """Deliver what is due, then move the time past all waits, as often as it takes."""
    now = timezone.now()
    for number in range(MOST_ROUNDS):
        with time_machine.travel(now + number * LONGER_THAN_ANY_WAIT):
            send_all(subscription)
        if "pending" not in states(subscription):
            return
    raise AssertionError(f"{states(subscription)} after {MOST_ROUNDS} rounds")


@pytest.mark.parametrize("seed", [1, 2])
def test_through_faults_nothing_is_lost(account, segment, harness, faulty_of, seed):
    faulty = faulty_of(seed)
    subscription = subscribe(
        account, [segment], KEY, harness.config, harness.authorization
    )
    write(account, [moved(segment, step, user) for step in STEPS for user in USERS])

    send_until_all_arrived(subscription)

    assert set(faulty.happened) == set(Fault)
    assert set(states(subscription)) == {"delivered"}
    bodies = {}
    numbers = defaultdict(list)
    for body in harness.received():
        meta = body["meta"]
        assert bodies.setdefault(meta["id"], body) == body
        numbers[body["data"]["user_id"]].append(meta["sequence"])
    sent = deliveries(subscription)
    assert {id: body["meta"]["sequence"] for id, body in bodies.items()} == {
        str(each.message_id): each.id for each in sent
    }
    for user in USERS:
        assert numbers[str(user)] == sorted(numbers[str(user)])
    arrived_twice = sum(map(len, numbers.values())) - len(sent)
    assert arrived_twice == faulty.happened[Fault.FORGET]
