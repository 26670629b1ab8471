"""Through faults of every kind nothing is lost, order is kept, and ids are stable.

A history of several users is written in waves, between which some of it is sent, through
a destination that goes wrong as a schedule says. Then the time is moved on, and what was
refused for its credentials goes on, until nothing waits any more.
"""

from __future__ import annotations

from itertools import count, repeat

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from subscriptions import channel, deliver, retry
from subscriptions.models import Attempt
from tests.subscriptions.faults import guarantee
from tests.subscriptions.faults.harness import modules
from tests.subscriptions.faults.history import history
from tests.subscriptions.faults.schedule import Fault, Schedule, Strike

USERS = range(1, 7)
ALL_MOVE_TWICE = [*USERS, *USERS]
LASTING = {Fault.LATE, Fault.SILENT}
"""Those that last until a send is given up; one at a time is enough."""
OF_TWO_SORTS = {Fault.RESET, Fault.CUT, Fault.PARTIAL}
EACH = [
    (fault, 0.5, abruptly, 1)
    for fault in Fault
    for abruptly in ((False, True) if fault in OF_TWO_SORTS else (True,))
]

by_each_way = pytest.mark.parametrize(
    ("key", "way"),
    [(key, way) for key, module in modules().items() for way in module.WAYS],
)
"""Of each channel."""


def waves(most):
    """Which users are moved by each batch, in their order; one may be several times."""
    wave = st.lists(st.sampled_from(USERS), min_size=1, max_size=12)
    return st.lists(wave, min_size=1, max_size=most)


def storms(most, longest):
    """Faults, how they strike, and how often in a row."""
    faults = st.sampled_from(sorted(Fault, key=lambda fault: fault.name))
    counts = st.integers(1, longest)
    storm = st.tuples(faults, st.floats(0.05, 1), st.booleans(), counts)
    return st.lists(storm, min_size=1, max_size=most)


def schedule_of(key, storms):
    """No more of what counts as a failure than after which a message is given up."""
    strikes = (
        Strike(fault, share, abruptly)
        for fault, share, abruptly, times in storms
        if fault in modules()[key].FAULTS
        for _ in range(1 if fault in LASTING else times)
    )
    failures = count(1)
    return Schedule(
        strike
        for strike in strikes
        if strike.fault is Fault.THROTTLE or next(failures) < retry.GIVE_UP_AFTER
    )


few = settings(
    max_examples=1,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate],
)
many = settings(few, max_examples=40, phases=list(Phase))


@pytest.fixture(autouse=True)
def _little_is_waited_for(monkeypatch):
    """Nobody writes while something is sent."""
    for name in ("LINGER_S", "POLL_S"):
        monkeypatch.setattr(deliver, name, 0.005)


def test_each_channel_takes_part():
    assert set(modules()) == set(channel.registry())


@by_each_way
def test_each_fault_is_got_over(key, way, request, db):
    waves = [ALL_MOVE_TWICE, ALL_MOVE_TWICE]
    struck = run(key, way, waves, EACH, request.getfixturevalue)
    assert set(struck) == {*modules()[key].FAULTS, Fault.NONE}


@by_each_way
@few
@given(waves=waves(3), storms=storms(5, 3))
def test_through_faults_all_arrives_in_order(key, way, waves, storms, request, db):
    run(key, way, waves, storms, request.getfixturevalue)


@pytest.mark.storm
@pytest.mark.timeout(3600)
@by_each_way
@many
@example(
    waves=[ALL_MOVE_TWICE],
    storms=[(Fault.THROTTLE, 0.5, False, 2 * retry.GIVE_UP_AFTER)],
)
@example(
    waves=[ALL_MOVE_TWICE],
    storms=[(Fault.ERROR, 0.5, False, retry.GIVE_UP_AFTER - 20)],
)
@given(waves=waves(6), storms=storms(12, 30))
def test_through_storms_all_arrives_in_order(key, way, waves, storms, request, db):
    run(key, way, waves, storms, request.getfixturevalue)


def run(key, way, waves, storms, fixture):
    """Tell of the waves through the storms; which faults have struck."""
    schedule = schedule_of(key, storms)
    with history(key, way, schedule, fixture) as told:
        for wave in waves:
            told.write(wave)
            told.mend()
            told.send()
        told.send_the_rest()
        guarantee.check(told.subscription, told.destination)
    return schedule.struck


@by_each_way
def test_credentials_that_have_ended_pause_the_job(key, way, request, db):
    """Until they are mended; nothing is lost meanwhile."""
    schedule = Schedule(repeat(Strike(Fault.EXPIRED)))
    with history(key, way, schedule, request.getfixturevalue) as told:
        told.write(ALL_MOVE_TWICE)
        told.send_until_paused()
        assert outcomes(told)[-1] == "unauthorized"
        tries = len(outcomes(told))
        told.write(ALL_MOVE_TWICE)
        told.send()
        assert len(outcomes(told)) == tries
        assert told.destination.received() == []
        schedule.end()
        told.send_the_rest()
        guarantee.check(told.subscription, told.destination)


def outcomes(told):
    tries = Attempt.objects.for_account(told.subscription.account_id)
    return list(tries.values_list("outcome", flat=True))
