"""When a run is tried again after an error.

As documented: after one minute, then after twice as long each time, each wait a fifth
longer or shorter by chance; a run that has had nothing but errors for ten hours has
failed. What no waiting can mend fails at once. Progress between two errors, which is a
checkpoint that has moved, lets the counting begin anew.

A run whose worker was gone is gone on with at once the first time, as that is mostly
the machine's fault; after that it waits as after any error.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

FIRST_WAIT_S = 60.0
GIVE_UP_AFTER_S = 36_000.0
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Problem:
    """What ended a try."""

    text: str
    fatal: bool = False
    """Whether it is of no use to try again."""
    worker_gone: bool = False


def wait(problem: Problem, failures: int, failing: timedelta) -> timedelta | None:
    """How long to wait; None where the run has failed for good.

    `failures` is how many errors there were in a row, this one included, and
    `failing` is how long ago the first of them was.
    """
    left_s = GIVE_UP_AFTER_S - failing.total_seconds()
    if problem.fatal or left_s <= 0:
        return None
    doubled = failures - 1
    if problem.worker_gone:
        if failures == 1:
            return timedelta(0)
        doubled -= 1
    wait_s = FIRST_WAIT_S * 2.0 ** min(doubled, 30)
    jittered_s = wait_s * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    return timedelta(seconds=min(jittered_s, left_s))
