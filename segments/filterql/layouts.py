"""Dates by a layout: Go's, which shows how it would write the second of January 2006.

https://pkg.go.dev/time#pkg-constants
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from segments.filterql.dates import MONTH_NAMES, from_parts

LONGEST_LAYOUT = 100
_MONTH = "|".join(sorted(MONTH_NAMES, key=len, reverse=True))
_PARTS = {
    "January": rf"(?P<name>{_MONTH})",
    "Jan": rf"(?P<name>{_MONTH})",
    "Monday": "[A-Za-z]+",
    "Mon": "[A-Za-z]{3}",
    "MST": r"(?:(?P<utc>UTC|GMT)|[A-Z]{3,4})",
    "2006": r"(?P<year>\d{4})",
    "Z07:00": r"(?:(?P<utc>Z)|(?P<sign>[+-])(?P<offset_hours>\d\d):(?P<offset_minutes>\d\d))",
    "-07:00": r"(?P<sign>[+-])(?P<offset_hours>\d\d):(?P<offset_minutes>\d\d)",
    "-0700": r"(?P<sign>[+-])(?P<offset_hours>\d\d)(?P<offset_minutes>\d\d)",
    "01": r"(?P<month>\d\d)",
    "02": r"(?P<day>\d\d)",
    "03": r"(?P<hour>\d\d)",
    "04": r"(?P<minute>\d\d)",
    "05": r"(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?",
    "06": r"(?P<year>\d\d)",
    "15": r"(?P<hour>\d\d)",
    "PM": "(?P<half>AM|PM)",
    "pm": "(?P<half>am|pm)",
    "_2": r"\s?(?P<day>\d{1,2})",
    "1": r"(?P<month>\d{1,2})",
    "2": r"(?P<day>\d{1,2})",
    "3": r"(?P<hour>\d{1,2})",
    "4": r"(?P<minute>\d{1,2})",
    "5": r"(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,9}))?",
}
_LAYOUT = re.compile("|".join(map(re.escape, _PARTS)))


def parse_by_layout(layout: str, text: str) -> datetime | None:
    """The moment the text names, None where it is not written in that layout."""
    form = _form(layout) if len(layout) <= LONGEST_LAYOUT else None
    match = form.fullmatch(text) if form else None
    return from_parts(match.groupdict()) if match else None


@lru_cache(maxsize=256)
def _form(layout: str) -> re.Pattern[str] | None:
    pieces: list[str] = []
    end = 0
    for part in _LAYOUT.finditer(layout):
        pieces += [re.escape(layout[end : part.start()]), _PARTS[part[0]]]
        end = part.end()
    pieces.append(re.escape(layout[end:]))
    try:
        return re.compile("".join(pieces), re.IGNORECASE | re.ASCII)
    except re.error:
        return None
