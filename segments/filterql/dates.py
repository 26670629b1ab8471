"""Dates in text, in the many ways people write them.

The order of digits is the American one where it is open (01/02/2015 is the second of
January); a text without a time zone is meant in UTC; zone names other than UTC and GMT
do not move the clock, as in the engine (araddon/dateparse).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

LONGEST_DATE = 80

MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            *(("january", "jan"), ("february", "feb"), ("march", "mar")),
            *(("april", "apr"), ("may",), ("june", "jun"), ("july", "jul")),
            *(("august", "aug"), ("september", "sep", "sept"), ("october", "oct")),
            *(("november", "nov"), ("december", "dec")),
        ),
        start=1,
    )
    for name in names
}
_WEEKDAY = (
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday"
    r"|saturday|sunday),?\s+)?"
)
_MONTH = rf"(?P<name>{'|'.join(sorted(MONTH_NAMES, key=len, reverse=True))})\.?"
_YEAR = r"(?P<year>\d{4})"
_ANY_YEAR = r"(?P<year>\d{4}|'?\d{2})"
_DAY = r"(?P<day>\d{1,2})"
_NAMED_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NUMBER = r"(?P<month>\d{1,2})"
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d{1,2})(?:[.,:](?P<fraction>\d{1,9}))?)?"
    r"(?:\s?(?P<half>am|pm))?"
)
_OFFSET = r"(?P<sign>[+-])(?P<offset_hours>\d{2}):?(?P<offset_minutes>\d{2})?"
_ZONE = (
    r"(?:\s?(?P<utc>z|utc|gmt)"
    rf"|\s?(?:utc|gmt)?\s?{_OFFSET}(?:\s(?:[a-z]{{3,5}}|[+-]\d{{2,4}}))?"
    r"|\s[a-z]{3,4})?"
    r"(?:\s\([a-z ]+\))?(?:\s?m=[+-][\d.]+)?"
)
_TIME = rf"(?:(?:\s+|t|,\s*|\s+at\s+){_CLOCK}{_ZONE})?"

_FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        rf"{_YEAR}-{_NUMBER}-{_DAY}{_TIME}",
        rf"{_YEAR}-{_NUMBER}-{_DAY}{_OFFSET}",
        rf"{_YEAR}-{_NUMBER}",
        rf"{_YEAR}/{_NUMBER}/{_DAY}{_TIME}",
        rf"{_NUMBER}/{_DAY}/{_ANY_YEAR}{_TIME}",
        rf"{_YEAR}\.{_NUMBER}\.{_DAY}{_TIME}",
        rf"{_NUMBER}\.{_DAY}\.{_ANY_YEAR}{_TIME}",
        rf"{_YEAR}:{_NUMBER}:{_DAY}{_TIME}",
        rf"{_NUMBER}-{_DAY}-{_ANY_YEAR}{_TIME}",
        rf"{_WEEKDAY}{_MONTH}\s+{_NAMED_DAY},?\s+{_ANY_YEAR}{_TIME}",
        rf"{_WEEKDAY}{_MONTH}\s+{_NAMED_DAY},?\s+{_CLOCK}{_ZONE}\s+{_YEAR}",
        rf"{_WEEKDAY}{_NAMED_DAY}\s+{_MONTH},?\s+{_ANY_YEAR}{_TIME}",
        rf"{_WEEKDAY}{_DAY}-{_MONTH}-{_ANY_YEAR}{_TIME}",
        rf"{_YEAR}-{_MONTH}-{_DAY}{_TIME}",
        rf"{_MONTH}\s+{_YEAR}",
    )
)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_UNIX_SCALE = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
_COMPACT = {4: "%Y", 8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}


@lru_cache(maxsize=8192)
def parse_date(text: str, zone: tzinfo = UTC) -> datetime | None:
    """The moment a text names, None where it names none; `zone` where it has none."""
    if not 4 <= len(text) <= LONGEST_DATE:
        return None
    if _DIGITS.fullmatch(text):
        return _from_digits(text, zone)
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            return from_parts(match.groupdict(), zone)
    return None


def _from_digits(text: str, zone: tzinfo) -> datetime | None:
    scale = _UNIX_SCALE.get(len(text))
    try:
        if scale is not None:
            whole, rest = divmod(int(text), scale)
            moment = datetime.fromtimestamp(whole, UTC)
            return moment.replace(microsecond=rest * 10**6 // scale)
        layout = _COMPACT.get(len(text))
        if layout is None:
            return None
        local = datetime.strptime(text, layout).replace(tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def from_parts(parts: dict[str, str | None], zone: tzinfo = UTC) -> datetime | None:
    """The moment of what a pattern found; None where there is no such moment."""
    name = (parts.get("name") or "january").lower()
    month = parts.get("month") or MONTH_NAMES[name]
    fraction = (parts.get("fraction") or "").ljust(6, "0")[:6]
    hour = _hour(int(parts.get("hour") or 0), (parts.get("half") or "").lower())
    try:
        return datetime(
            _year(parts.get("year") or ""),
            int(month),
            int(parts.get("day") or 1),
            hour,
            int(parts.get("minute") or 0),
            int(parts.get("second") or 0),
            int(fraction),
            _zone(parts, zone),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _year(text: str) -> int:
    digits = text.lstrip("'")
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year >= 69 else 2000)


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        return 24
    return hour % 12 + (12 if half == "pm" else 0)


def _zone(parts: dict[str, str | None], zone: tzinfo) -> tzinfo:
    sign = parts.get("sign")
    if not sign:
        return UTC if parts.get("utc") else zone
    hours = int(parts.get("offset_hours") or 0)
    minutes = int(parts.get("offset_minutes") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)
