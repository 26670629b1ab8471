"""Reading the times that records bring, in the forms people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from dateutil import parser

from segments.streams.errors import UnreadableTimeError

MAX_LENGTH = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The digits of a number tell its unit: it then lies between 1970 and 2286.
_UNITS = ((10**10, 1), (10**13, 10**3), (10**16, 10**6), (10**19, 10**9))
_NUMBER = re.compile(r"-?\d{1,19}(?:\.\d{1,9})?", re.ASCII)
_DIGITS_ONLY = {4: "%Y", 8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}
# What RFC 5322 calls obsolete zones; other abbreviations mean several zones.
_ZONE_HOURS = {
    "UT": 0,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
# A text that leaves out the year, month or day takes them from these two, and so
# reads as two different times.
_FILL_INS = (datetime(2001, 1, 1), datetime(2004, 2, 2))  # noqa: DTZ001


def parse_time(value: Any) -> datetime:
    """The instant a value names, in UTC; texts without a zone are in UTC.

    ISO 8601 and RFC 3339; numbers since 1970 in s, ms, µs or ns; RFC 5322 and
    other common forms, where 03/04/2020 is the fourth of March. Raises
    UnreadableTimeError.
    """
    if type(value) is str:
        return _of_text(value.strip())
    if type(value) is int or type(value) is float:
        return _of_number(value)
    raise UnreadableTimeError


def _of_text(text: str) -> datetime:
    if not text or len(text) > MAX_LENGTH:
        raise UnreadableTimeError
    if _NUMBER.fullmatch(text):
        return _of_digits(text)
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        return _of_common_form(text)


def _of_digits(text: str) -> datetime:
    form = _DIGITS_ONLY.get(len(text))
    if form is not None and text.isdigit():
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            pass
    whole, _, fraction = text.partition(".")
    return _of_number(float(text) if fraction else int(whole))


def _of_number(number: float) -> datetime:
    for limit, per_second in _UNITS:
        if abs(number) < limit:
            return _since_epoch(number * 10**6, per_second)
    raise UnreadableTimeError


def _since_epoch(number: float, per_second: int) -> datetime:
    us = number // per_second if type(number) is int else round(number / per_second)
    try:
        return _EPOCH + timedelta(microseconds=us)
    except OverflowError:
        raise UnreadableTimeError from None


def _of_common_form(text: str) -> datetime:
    try:
        first, second = (
            parser.parse(text, default=fill_in, tzinfos=_zone) for fill_in in _FILL_INS
        )
    except (ValueError, OverflowError, TypeError, ArithmeticError):
        raise UnreadableTimeError from None
    if first != second:
        raise UnreadableTimeError
    return _in_utc(first)


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is None:
        return None
    if name not in _ZONE_HOURS:
        raise ValueError(name)
    return timezone(timedelta(hours=_ZONE_HOURS[name]))


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise UnreadableTimeError from None
