"""When a job runs next; pure calendar arithmetic, in the time zone that was chosen.

As documented: the first run starts at once. The time of day counts for daily, weekly
and monthly jobs only: the next run is due the first time it is that time of day after
the last run began, on the weekday, or the day of the month, on which the job was
made. Without a time of day the next run is due one period after the last one ended.

So a due instant that passes while a run is under way, or while everything is down, is
made up for by one run, whichever of them it is. A day of the month that a month has
not is its last. Where clocks are put forward over the time of day, the first instant
after counts; where they are put back and it comes twice, the first.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import islice
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


class Frequency(Enum):
    """How often a job runs."""

    ONCE = "once"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a job runs."""

    frequency: Frequency
    time_of_day: time | None
    zone: ZoneInfo
    since: datetime
    """When the job was made; tells the weekday, or the day of the month."""


def next_after(
    schedule: Schedule, *, began_at: datetime, ended_at: datetime
) -> datetime | None:
    """When the run is due that follows on this one; None where none does."""
    if schedule.frequency is Frequency.ONCE:
        return None
    if schedule.frequency is Frequency.HOURLY:
        return ended_at + HOUR
    if schedule.time_of_day is None:
        return _a_period_after(schedule, ended_at)
    return next(due for due in _instants(schedule, schedule.time_of_day, began_at))


def upcoming(schedule: Schedule, next_run_at: datetime, count: int) -> list[datetime]:
    """The next due instants, as they come about if each run ends as it begins."""

    def instants() -> Iterator[datetime]:
        due: datetime | None = next_run_at
        while due is not None:
            yield due
            due = next_after(schedule, began_at=due, ended_at=due)

    return list(islice(instants(), count))


def _a_period_after(schedule: Schedule, instant: datetime) -> datetime:
    """The same time of day, a day, a week or a month later."""
    there = instant.astimezone(schedule.zone)
    if schedule.frequency is Frequency.MONTHLY:
        day = _in_month(there.year, there.month + 1, there.day)
    else:
        day = there.date() + (DAY if schedule.frequency is Frequency.DAILY else WEEK)
    return _at(day, there.time(), schedule.zone)


def _instants(
    schedule: Schedule, time_of_day: time, after: datetime
) -> Iterator[datetime]:
    """The due instants after this one, in order."""
    days = _days(schedule, after.astimezone(schedule.zone).date() - DAY)
    instants = (_at(day, time_of_day, schedule.zone) for day in days)
    return (instant for instant in instants if instant > after)


def _days(schedule: Schedule, first: date) -> Iterator[date]:
    """The days on which a run is due, the first of them on this day or later."""
    since = schedule.since.astimezone(schedule.zone).date()
    if schedule.frequency is Frequency.MONTHLY:
        month = first.month
        while True:
            day = _in_month(first.year, month, since.day)
            if day >= first:
                yield day
            month += 1
    step = DAY if schedule.frequency is Frequency.DAILY else WEEK
    day = first + (since - first) % step
    while True:
        yield day
        day += step


def _in_month(year: int, month: int, day: int) -> date:
    """The day of a month, counted on over the year's end, or the month's last day."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _at(day: date, time_of_day: time, zone: ZoneInfo) -> datetime:
    """The first instant at which it is this time of this day there, or later."""
    wall = datetime.combine(day, time_of_day.replace(fold=0), zone)
    instant = wall.astimezone(UTC)
    before = wall.utcoffset()
    after = wall.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    if after <= before:
        return instant
    return _end_of_gap(instant - (after - before), instant, zone)


def _end_of_gap(still: datetime, already: datetime, zone: ZoneInfo) -> datetime:
    """The instant between these at which clocks are put forward."""
    before = still.astimezone(zone).utcoffset()
    still, already = still.replace(microsecond=0), already.replace(microsecond=0)
    while already - still > timedelta(seconds=1):
        middle = still + timedelta(seconds=(already - still) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            still = middle
        else:
            already = middle
    return already
