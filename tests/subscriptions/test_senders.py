"""Threads that send: another one joins where it is of help."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from subscriptions import senders
from subscriptions.channel import Limits
from subscriptions.claim import Taken
from subscriptions.pace import Pace
from subscriptions.senders import BUSY, HELP_AFTER_S, Senders

NOW = datetime(2026, 1, 1, tzinfo=UTC)
A_WHILE_S = 10 * HELP_AFTER_S


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
    until = NOW + timedelta(minutes=1)
    messages = [
        Taken(number, number, uuid4(), 0, NOW, b"{}", 0, 1, until)
        for number in range(9)
    ]
    made.hand(messages, Target(sends_at_once))  # type: ignore[arg-type]
    made.start()
    return made


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
