"""When messages are tried again, and when destinations are left alone."""

from __future__ import annotations

import pytest

from subscriptions import retry
from subscriptions.outcome import Delivered, Omitted, Permanent, Throttled, Transient
from subscriptions.retry import DOWN_AFTER, Decision, decide, hold_s, standing

FAILED = Transient("x")


@pytest.fixture(autouse=True)
def no_chance(monkeypatch):
    monkeypatch.setattr(retry, "JITTER", 0.0)


@pytest.mark.parametrize(
    ("verdict", "failures", "decision"),
    [
        (Delivered(), 0, Decision("delivered", counted=True)),
        (Permanent("x"), 0, Decision("dead", counted=True)),
        (Omitted("x"), 5, Decision("dead", counted=True)),
        (FAILED, 0, Decision("pending", counted=True, wait_s=1)),
        (FAILED, 3, Decision("pending", counted=True, wait_s=8)),
        (FAILED, 11, Decision("pending", counted=True, wait_s=2048)),
        (FAILED, 12, Decision("pending", counted=True, wait_s=3600)),
        (FAILED, 82, Decision("pending", counted=True, wait_s=3600)),
        (FAILED, 83, Decision("dead", counted=True)),
        (Throttled("x", 90), 83, Decision("pending", counted=False, wait_s=90)),
        (Throttled("x", 1e9), 0, Decision("pending", counted=False, wait_s=86_400)),
        (Throttled("x"), 2, Decision("pending", counted=False, wait_s=4)),
    ],
)
def test_what_becomes_of_a_message(verdict, failures, decision):
    assert decide(verdict, failures) == decision


def test_it_gives_up_after_three_days():
    waits = [decide(FAILED, failures) for failures in range(retry.GIVE_UP_AFTER)]
    assert [each.state for each in waits[:-1]] == ["pending"] * (len(waits) - 1)
    assert waits[-1].state == "dead"
    days = sum(each.wait_s for each in waits) / 86_400
    assert 3 <= days < 3.1


def test_waits_differ_by_chance(monkeypatch):
    monkeypatch.setattr(retry, "JITTER", 0.2)
    waits = {decide(FAILED, 4).wait_s for _ in range(200)}
    assert len(waits) > 100
    assert 16 * 0.8 <= min(waits) < max(waits) <= 16 * 1.2


def test_a_destination_is_left_alone_for_longer_each_time():
    holds = [hold_s(failures) for failures in range(DOWN_AFTER + 20)]
    assert holds[:DOWN_AFTER] == [None] * DOWN_AFTER
    assert holds[DOWN_AFTER : DOWN_AFTER + 3] == [2, 4, 8]
    assert holds[-1] == retry.LONGEST_HOLD_S


@pytest.mark.parametrize(
    ("before", "verdicts", "probing", "failures", "held"),
    [
        (0, [FAILED], False, 1, None),
        (3, [FAILED, Delivered()], False, 0, None),
        (3, [FAILED, Permanent("x")], False, 0, None),
        (0, [FAILED] * 50, False, DOWN_AFTER, 2),
        (DOWN_AFTER, [FAILED] * 5, False, DOWN_AFTER, 2),
        (DOWN_AFTER, [FAILED], True, DOWN_AFTER + 1, 4),
        (DOWN_AFTER + 3, [Delivered()], True, 0, None),
        (2, [Throttled("x", 30)], False, 2, 30),
        (DOWN_AFTER, [Throttled("x", 30)], True, DOWN_AFTER, 30),
    ],
)
def test_how_a_destination_fares(before, verdicts, probing, failures, held):
    fares = standing(before, verdicts, probing=probing)
    assert (fares.failures_in_a_row, fares.hold_s) == (failures, held)
