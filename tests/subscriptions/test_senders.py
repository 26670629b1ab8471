"""Threads that send: when others join, and when the deliverer is called."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Semaphore
from uuid import uuid4

import pytest

from subscriptions import senders
from subscriptions.channel import Limits
from subscriptions.claim import Taken
from subscriptions.outcome import Delivered, Outcome, Transient
from subscriptions.pace import Pace
from subscriptions.senders import BUSY, HELP_AFTER_S, PLENTY, Senders
from tests.waiting import wait_until

NOW = datetime(2026, 1, 1, tzinfo=UTC)
A_WHILE_S = 10 * HELP_AFTER_S
PATIENCE_S = 10


@dataclass
class Target:
    """A destination to which so many sends may be under way."""

    sends_at_once: int = 3
    limits: Limits = field(default_factory=lambda: Limits(1, 1_000, 1_000))

    def pace(self):
        return Pace(self.sends_at_once, None)


class Clock:
    """The time, and how much of a processor the process has used."""

    def __init__(self):
        self.now = self.used = 100.0

    def monotonic(self):
        return self.now

    def process_time(self):
        return self.used

    def pass_by(self, seconds, *, busy):
        self.now += seconds
        self.used += seconds * busy


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(senders, "time", clock)
    return clock


@pytest.fixture
def begun(monkeypatch):
    """The threads that were begun; none of them ever sends anything."""

    class Pool:
        def submit(self, *work):
            begun.append(work)

    begun: list[tuple[object, ...]] = []
    monkeypatch.setattr(senders, "_pool", Pool)
    return begun


def at_work(*, sends_at_once=3):
    """Senders with plenty at hand, of whom one is at work."""
    made = Senders()
    messages = list(map(taken, range(9)))
    made.hand(messages, Target(sends_at_once))  # type: ignore[arg-type]
    made.start()
    return made


def taken(number):
    until = NOW + timedelta(minutes=1)
    return Taken(number, number, uuid4(), 0, NOW, b"{}", 0, 1, until)


def test_others_join_while_the_process_waits(clock, begun):
    made = at_work()
    for _ in range(5):
        clock.pass_by(A_WHILE_S, busy=BUSY / 2)
        made.start()
    assert len(begun) == 3, "as many as may be"


def test_none_joins_while_the_process_is_busy(clock, begun):
    made = at_work()
    for _ in range(5):
        clock.pass_by(A_WHILE_S, busy=(1 + BUSY) / 2)
        made.start()
    assert len(begun) == 1
    clock.pass_by(A_WHILE_S, busy=0)
    made.start()
    assert len(begun) == 2, "only the time since the last look counts"


def test_none_joins_before_a_while_has_passed(clock, begun):
    made = at_work()
    clock.pass_by(A_WHILE_S, busy=0)
    made.start()
    clock.pass_by(HELP_AFTER_S / 2, busy=0)
    made.start()
    assert len(begun) == 2


class Channel:
    """Sends one message after the other, each when it is let go."""

    def __init__(self, monkeypatch, verdict):
        self.begun, self._may_go = 0, Semaphore(0)
        self._verdict = verdict
        monkeypatch.setattr(senders, "_sent", self._sent)

    def let_go(self, messages):
        self._may_go.release(messages)

    def _sent(self, unit, target):
        self.begun += 1
        assert self._may_go.acquire(timeout=PATIENCE_S)
        return [(taken, Outcome(self._verdict, NOW, latency_ms=1)) for taken in unit]


@pytest.fixture
def channel(monkeypatch, request):
    return Channel(monkeypatch, request.param)


@contextmanager
def sending(messages, channel):
    """Senders at work on these, until the block ends."""
    made = Senders()
    made.hand(list(map(taken, range(messages))), Target(1))  # type: ignore[arg-type]
    made.start()
    channel.let_go(1)
    try:
        yield made
    finally:
        made.take_back()
        channel.let_go(messages)
        wait_until(lambda: is_through(made), what="the thread to end")


def is_through(made):
    made.fetch(0)
    return not made.are_busy


def first_is_sent(channel):
    wait_until(lambda: channel.begun == 2, what="the first message to be sent")


def called(made):
    """What is fetched when the deliverer is called."""
    before = time.monotonic()
    found = made.fetch(PATIENCE_S)
    assert time.monotonic() - before < PATIENCE_S, "it was not called"
    return found


@pytest.mark.parametrize("channel", [Delivered()], indirect=True)
def test_the_deliverer_is_left_alone_while_there_is_plenty(channel):
    with sending(3 * PLENTY, channel) as made:
        first_is_sent(channel)
        before = time.monotonic()
        assert len(made.fetch(A_WHILE_S)) == 1
        assert time.monotonic() - before >= A_WHILE_S


@pytest.mark.parametrize("channel", [Delivered()], indirect=True)
def test_the_deliverer_is_called_once_many_were_sent(channel):
    with sending(3 * PLENTY, channel) as made:
        channel.let_go(PLENTY - 1)
        assert len(called(made)) == PLENTY


@pytest.mark.parametrize("channel", [Delivered()], indirect=True)
def test_the_deliverer_is_called_when_little_is_at_hand(channel):
    with sending(3, channel) as made:
        assert len(called(made)) == 1


@pytest.mark.parametrize("channel", [Transient("refused")], indirect=True)
def test_the_deliverer_is_called_when_a_message_fails(channel, monkeypatch):
    monkeypatch.setattr(senders, "HELP_AFTER_S", PATIENCE_S)
    with sending(3 * PLENTY, channel) as made:
        assert len(called(made)) == 1
