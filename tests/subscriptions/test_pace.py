"""The pace of a destination: what is set, and what it bears."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Lock

import pytest

from subscriptions import pace
from subscriptions.outcome import Delivered, Throttled, Transient
from subscriptions.pace import Pace, pace_of
from tests.subscriptions.inbox import Reply
from tests.subscriptions.making import (
    make_subscription,
    moved,
    send_all,
    states,
    write,
)


@pytest.fixture
def clock(monkeypatch):
    """The clock of the bucket, which only the test moves."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


def test_no_more_go_in_a_second_than_may(clock):
    kept = Pace(8, 10)
    assert kept.allowed(50) == 10
    kept.take(10)
    assert kept.allowed(50) == 0
    clock.now += 0.5
    assert kept.allowed(50) == 5
    clock.now += 100
    assert kept.allowed(50) == 10, "a second's worth is saved, and no more"
    assert Pace(8, None).allowed(500) == 500


def test_it_halves_when_asked_to_wait_and_grows_again():
    kept = Pace(8, None)
    kept.learn([Delivered(), Throttled("slow")])
    assert kept.sends_at_once == 4
    for _ in range(5):
        kept.learn([Throttled("slow")])
    assert kept.sends_at_once == 1
    for _ in range(100):
        kept.learn([Delivered()])
    assert kept.sends_at_once == 8
    kept.learn([Transient("oops")])
    assert kept.sends_at_once == 8


def test_what_was_learned_is_kept_until_it_is_set_anew():
    kept = pace_of(-1, 8, None)
    kept.learn([Throttled("slow")])
    assert pace_of(-1, 8, None).sends_at_once == 4
    assert pace_of(-1, 6, None).sends_at_once == 6


@pytest.mark.django_db
def test_a_subscription_keeps_to_its_rate(account, segment, inbox):
    subscription = make_subscription(account, [segment], inbox.url, rate_limit=20)
    write(account, [moved(segment, "enter") for _ in range(30)])
    begun = datetime.now(UTC)
    send_all(subscription)
    took = (datetime.now(UTC) - begun).total_seconds()
    assert set(states(subscription)) == {"delivered"}
    assert took >= 0.45, "the first 20 at once, the other 10 in half a second"


@pytest.mark.django_db
def test_a_subscription_has_no_more_under_way_than_it_may(account, segment, inbox):
    under_way, at_once, counting = 0, [], Lock()

    def count(handler):
        nonlocal under_way
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        with counting:
            at_once.append(under_way)
            under_way -= 1
        handler.end_headers()

    def answer(_):
        nonlocal under_way
        with counting:
            under_way += 1
        return Reply(raw=count)

    inbox.answer = answer
    subscription = make_subscription(account, [segment], inbox.url, worker_count=2)
    write(account, [moved(segment, "enter") for _ in range(20)])
    send_all(subscription)
    assert max(at_once) <= 2
