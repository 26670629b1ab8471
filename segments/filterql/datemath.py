"""Moments relative to now: "now-30d" and its kin."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

_TERM = re.compile(r"now(?:([+-]?[0-9]{1,18})([yMwdhms]))?", re.ASCII)
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_MONTHS = {"y": 12, "M": 1}


def shifter(text: str) -> Callable[[datetime], datetime | None] | None:
    """What the text makes of a present moment, None where it is no date math."""
    match = _TERM.fullmatch(text[:3].lower() + text[3:])
    if match is None:
        return None
    if match[1] is None:
        return lambda now: now
    count, unit = int(match[1]), match[2]
    if unit in _MONTHS:
        return lambda now: months_after(now, count * _MONTHS[unit])
    return lambda now: _moved(now, count, _UNITS[unit])


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


def _moved(moment: datetime, count: int, unit: timedelta) -> datetime | None:
    try:
        return moment + count * unit
    except OverflowError:
        return None
