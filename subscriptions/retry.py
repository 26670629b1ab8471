"""When a message is tried again, and for how long its destination is left alone.

A failed message waits 1 s, then twice as long each time, up to an hour, each wait
a fifth longer or shorter by chance. It is given up after its 84th failure: the
waits before that add up to three days. Waits a receiver asks for do not count.

A destination that fails five times in a row is left alone, for 2 s at first, then
twice as long each time, up to ten minutes; after each such wait one message is
tried, and the first that is delivered lets all others go.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from subscriptions.outcome import (
    Delivered,
    Permanent,
    Stop,
    Throttled,
    Transient,
    Verdict,
)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 3600.0
JITTER = 0.2
GIVE_UP_AFTER = 84
"""Failures; see `test_it_gives_up_after_three_days`."""

DOWN_AFTER = 5
FIRST_HOLD_S = 2.0
LONGEST_HOLD_S = 600.0
LONGEST_THROTTLE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message after a try."""

    state: str
    counted: bool
    """Whether the try counts towards giving up."""
    wait_s: float = 0.0


def decide(verdict: Verdict, failures: int) -> Decision:
    """What becomes of a message that had failed so many times before."""
    if isinstance(verdict, Delivered):
        return Decision("delivered", counted=True)
    if isinstance(verdict, Permanent):
        return Decision("dead", counted=True)
    if isinstance(verdict, Throttled):
        return Decision("pending", counted=False, wait_s=throttle_s(verdict, failures))
    if isinstance(verdict, Stop):
        return Decision("pending", counted=False)
    if failures + 1 >= GIVE_UP_AFTER:
        return Decision("dead", counted=True)
    return Decision("pending", counted=True, wait_s=_spread(wait_s(failures)))


def wait_s(failures: int) -> float:
    """The wait after a message has failed once more than so many times."""
    return min(FIRST_WAIT_S * 2.0 ** min(failures, 30), LONGEST_WAIT_S)


def throttle_s(verdict: Throttled, failures: int) -> float:
    """The wait after a receiver has asked to wait."""
    if verdict.after_s is None:
        return _spread(wait_s(failures))
    return min(verdict.after_s, LONGEST_THROTTLE_S)


def hold_s(failures_in_a_row: int) -> float | None:
    """How long a destination is left alone; None where it is not."""
    if failures_in_a_row < DOWN_AFTER:
        return None
    holds = min(failures_in_a_row - DOWN_AFTER, 30)
    return _spread(min(FIRST_HOLD_S * 2.0**holds, LONGEST_HOLD_S))


def _spread(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311


@dataclass(frozen=True, slots=True)
class Standing:
    """How a destination fares."""

    failures_in_a_row: int
    hold_s: float | None
    """How long it is left alone from now on; None where it is not."""


def standing(before: int, verdicts: Iterable[Verdict], *, probing: bool) -> Standing:
    """How a destination fares after these tries.

    Of messages that were on their way together when it failed, no more count than
    it takes to call it down; after that, only the one that is tried after a wait.
    """
    failures, asked_s = before, 0.0
    for verdict in verdicts:
        if isinstance(verdict, Throttled):
            asked_s = max(asked_s, throttle_s(verdict, 0))
        elif isinstance(verdict, Transient):
            if failures < DOWN_AFTER or probing:
                failures += 1
            probing = False
        elif not isinstance(verdict, Stop):
            failures = 0
    held_s = max(hold_s(failures) or 0.0, asked_s)
    return Standing(failures, held_s or None)
