"""Moments relative to now: "now-30d" and its kin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_TERM = re.compile(r"now(?:([+-]?[0-9]{1,18})([yMwdhms]))?", re.ASCII)
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_MONTHS = {"y": 12, "M": 1}
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
# A day that a month lacks runs over by at most three days.
OVERRUN_DAYS = 4


@dataclass(frozen=True, slots=True)
class Shift:
    """A distance from now: whole months in the calendar, or a length of time."""

    count: int = 0
    unit: str = "s"

    def __call__(self, now: datetime) -> datetime | None:
        if self.unit in _MONTHS:
            return months_after(now, self.count * _MONTHS[self.unit])
        try:
            return now + self.count * _UNITS[self.unit]
        except OverflowError:
            return None

    @property
    def length(self) -> timedelta | None:
        """The length of time it is; None for months, and for more than time holds."""
        if self.unit in _MONTHS:
            return None
        try:
            return self.count * _UNITS[self.unit]
        except OverflowError:
            return None

    def crossings(self, moment: datetime) -> Iterator[datetime]:
        """The presents from which the distance begins or ends to reach the moment.

        Moments compare by whole seconds, so each second reached has a first instant
        and a first one after it.
        """
        second = moment.astimezone(UTC).replace(microsecond=0)
        if self.unit in _MONTHS:
            yield from self._calendar_crossings(second)
            return
        start = Shift(-self.count, self.unit)(second)
        if start is not None:
            yield start
            yield from _later(start, SECOND)

    def _calendar_crossings(self, second: datetime) -> Iterator[datetime]:
        """Within a day the calendar moves evenly; at midnight it may jump."""
        middle = Shift(-self.count, self.unit)(second)
        if middle is None:
            return
        midnight = middle.replace(hour=0, minute=0, second=0)
        for days in range(-OVERRUN_DAYS, OVERRUN_DAYS + 1):
            for day in _later(midnight, days * DAY):
                yield day
                reached = self(day)
                if reached is not None and reached <= second < reached + DAY:
                    yield day + (second - reached)
                    yield from _later(day, second - reached + SECOND)


def _later(moment: datetime, distance: timedelta) -> Iterator[datetime]:
    try:
        yield moment + distance
    except OverflowError:
        return


def shifter(text: str) -> Shift | None:
    """The distance from now that the text names, None where it is no date math."""
    match = _TERM.fullmatch(text[:3].lower() + text[3:])
    if match is None:
        return None
    return Shift() if match[1] is None else Shift(int(match[1]), match[2])


def shifted_now(text: str, now: datetime) -> datetime | None:
    shift = shifter(text)
    return None if shift is None else shift(now)


def months_after(moment: datetime, months: int) -> datetime | None:
    """Months on in the calendar; a day the month lacks runs over into the next."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    try:
        first = moment.replace(year=year, month=month + 1, day=1)
        return first + timedelta(days=moment.day - 1)
    except (ValueError, OverflowError):
        return None
