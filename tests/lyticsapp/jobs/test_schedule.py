"""Each due instant brings about one run: in any zone and year, for a clock that jumps."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lyticsapp.jobs.schedule import Frequency, Schedule, next_after, upcoming

ZONES = sorted(name for name in available_timezones() if "/" in name)
STEP = timedelta(minutes=15)
DAY = timedelta(days=1)
PERIODS = {
    Frequency.HOURLY: (timedelta(hours=1), timedelta(hours=1)),
    Frequency.DAILY: (timedelta(hours=22), timedelta(hours=48)),
    Frequency.WEEKLY: (timedelta(days=6, hours=22), timedelta(days=8)),
    Frequency.MONTHLY: (timedelta(days=27, hours=22), timedelta(days=32)),
}
REPEATED = [each for each in Frequency if each is not Frequency.ONCE]

zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.integers(0, 45 * 365 * 24 * 60).map(
    lambda minutes: datetime(1991, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
times_of_day = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))
jumps = st.lists(
    st.tuples(
        st.timedeltas(timedelta(minutes=1), timedelta(days=45)),
        st.timedeltas(timedelta(0), timedelta(days=3)),
    ),
    min_size=1,
    max_size=4,
)


def made(frequency, zone="UTC", at=None, since=datetime(2026, 1, 31, 12, tzinfo=UTC)):
    zone = zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)
    return Schedule(frequency=frequency, time_of_day=at, zone=zone, since=since)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def due_days(schedule, first, last):
    """The days a run is due on, told one by one."""
    since = schedule.since.astimezone(schedule.zone).date()
    day = first
    while day <= last:
        length = calendar.monthrange(day.year, day.month)[1]
        if (
            schedule.frequency is Frequency.DAILY
            or (
                schedule.frequency is Frequency.WEEKLY
                and day.weekday() == since.weekday()
            )
            or (
                schedule.frequency is Frequency.MONTHLY
                and day.day == min(since.day, length)
            )
        ):
            yield day
        day += DAY


def due_instants(schedule, after, until):
    """The due instants, found by looking at the clock every quarter of an hour."""
    days = due_days(
        schedule,
        after.astimezone(schedule.zone).date() - DAY,
        until.astimezone(schedule.zone).date() + DAY,
    )
    found = {
        first_look(datetime.combine(day, schedule.time_of_day), schedule.zone)
        for day in days
    }
    return sorted(instant for instant in found if after < instant <= until)


def first_look(wall, zone):
    instant = wall.replace(tzinfo=UTC) - timedelta(hours=16)
    while instant.astimezone(zone).replace(tzinfo=None) < wall:
        instant += STEP
    return instant


def lived(schedule, began, looks):
    """The runs of a job that is looked at after each jump of the clock."""
    now = began
    runs = []
    due = began
    at_once = timedelta(0)
    for jump, lasts in [(at_once, at_once), *looks, (at_once, at_once)]:
        now += jump
        if due <= now:
            runs.append((now, now + lasts))
            due = next_after(schedule, began_at=now, ended_at=now + lasts)
            now += lasts
    return runs, now


@settings(max_examples=150, deadline=None)
@given(zones, st.sampled_from(REPEATED[1:]), times_of_day, instants, instants, jumps)
@example(
    ZoneInfo("Pacific/Apia"),  # whose 30 December 2011 never was
    Frequency.DAILY,
    time(10),
    utc(2011, 1, 1),
    utc(2011, 12, 28),
    [(DAY, timedelta(0))] * 5,
)
@example(
    ZoneInfo("Europe/Berlin"),
    Frequency.WEEKLY,
    time(2, 30),
    utc(2026, 3, 1, 12),
    utc(2026, 3, 21),
    [(timedelta(hours=1), timedelta(0))] * 200,
)
@example(
    ZoneInfo("Europe/Berlin"),
    Frequency.DAILY,
    time(2, 30),
    utc(2026, 3, 1, 12),
    utc(2026, 10, 24),
    [(timedelta(minutes=30), timedelta(0))] * 96,
)
def test_each_time_of_day_comes_about_once(zone, frequency, at, since, began, looks):
    schedule = made(frequency, zone, at, since)
    runs, now = lived(schedule, began, looks)
    for (before, _), (start, _) in pairwise(runs):
        assert due_instants(schedule, before, start), "none is started twice"
    assert not due_instants(schedule, runs[-1][0], now), "none is missed"


@settings(max_examples=150, deadline=None)
@given(zones, st.sampled_from(REPEATED), instants, instants, jumps)
def test_without_one_a_run_follows_a_period_after_the_end(
    zone, frequency, since, began, looks
):
    schedule = made(frequency, zone, None, since)
    runs, now = lived(schedule, began, looks)
    least, most = PERIODS[frequency]
    for (_, ended), (start, _) in pairwise(runs):
        assert start - ended >= least
    assert now - runs[-1][1] < most, "none is missed"


@settings(max_examples=200, deadline=None)
@given(zones, st.sampled_from(REPEATED), st.none() | times_of_day, instants, instants)
def test_the_next_one_lies_ahead_whatever_the_clock_does(
    zone, frequency, at, since, began
):
    due = next_after(made(frequency, zone, at, since), began_at=began, ended_at=began)
    assert began < due <= began + PERIODS[frequency][1]


def test_once_is_once():
    now = utc(2026, 1, 1)
    assert next_after(made(Frequency.ONCE), began_at=now, ended_at=now) is None
    assert upcoming(made(Frequency.ONCE), now, 5) == [now]


def test_the_time_of_day_does_not_count_for_hourly_runs():
    due = next_after(
        made(Frequency.HOURLY, at=time(3)),
        began_at=utc(2026, 1, 1, 10),
        ended_at=utc(2026, 1, 1, 10, 20),
    )
    assert due == utc(2026, 1, 1, 11, 20)


def test_a_run_that_was_due_during_another_follows_on_it():
    due = next_after(
        made(Frequency.DAILY, at=time(3)),
        began_at=utc(2026, 1, 1, 3),
        ended_at=utc(2026, 1, 2, 9),
    )
    assert due == utc(2026, 1, 2, 3)


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 3, 28), [utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1, 0)]),
        (date(2026, 10, 24), [utc(2026, 10, 24, 0, 30), utc(2026, 10, 25, 0, 30)]),
    ],
)
def test_clocks_that_are_changed(day, due):
    schedule = made(Frequency.DAILY, "Europe/Berlin", time(2, 30))
    began = datetime.combine(day, time(0), UTC)
    first = next_after(schedule, began_at=began, ended_at=began)
    assert upcoming(schedule, first, 2) == due


def test_the_31st_is_the_last_day_of_a_month_that_has_none():
    schedule = made(Frequency.MONTHLY, at=time(3))
    assert [f"{due:%m-%d}" for due in upcoming(schedule, utc(2026, 1, 31, 12), 5)] == [
        "01-31",
        "02-28",
        "03-31",
        "04-30",
        "05-31",
    ]
    without = made(Frequency.MONTHLY)
    ended = utc(2026, 12, 31, 12)
    assert next_after(without, began_at=ended, ended_at=ended) == utc(2027, 1, 31, 12)
