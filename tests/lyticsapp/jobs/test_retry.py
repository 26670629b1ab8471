"""When a run is tried again: after a minute, doubling, for ten hours."""

from __future__ import annotations

from datetime import timedelta

from lyticsapp.jobs.retry import GIVE_UP_AFTER_S, JITTER, Problem, wait

TROUBLE = Problem("Not now.")
NO_TIME = timedelta(0)


def test_it_doubles_from_a_minute():
    for failures, minutes in enumerate([1, 2, 4, 8, 16], start=1):
        waits = [wait(TROUBLE, failures, NO_TIME) for _ in range(50)]
        around = timedelta(minutes=minutes)
        assert all((1 - JITTER) * around <= w <= (1 + JITTER) * around for w in waits)
        assert len(set(waits)) > 1, "they do not come all at once"


def test_it_gives_up_after_ten_hours_of_errors_and_tries_until_then():
    failing, failures = NO_TIME, 1
    while (more := wait(TROUBLE, failures, failing)) is not None:
        failing, failures = failing + more, failures + 1
    assert failing == timedelta(seconds=GIVE_UP_AFTER_S)
    assert 9 <= failures <= 12


def test_what_no_waiting_mends_fails_at_once():
    assert wait(Problem("No such bucket.", fatal=True), 1, NO_TIME) is None


def test_a_lost_worker_costs_no_time_at_first():
    lost = Problem("Gone.", worker_gone=True)
    assert wait(lost, 1, NO_TIME) == NO_TIME
    assert wait(lost, 2, NO_TIME) >= timedelta(seconds=48)
