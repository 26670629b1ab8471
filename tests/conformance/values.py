"""Whether a value of ours is the one the engine gave."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from segments.filterql import FilterQLError
from segments.filterql.wire import WireError, decode

TOLERANCE = 1e-9


def same(expected: Any, ours: Any, now: datetime) -> bool:
    """Compares JSON forms; both may hold `{"$time": …}` and `{"$number": …}`."""
    if isinstance(expected, dict) and "$any" in expected:
        return True
    try:
        return _same(decode(expected, now), decode(ours, now))
    except (WireError, FilterQLError):
        return bool(expected == ours)


def same_items(expected: list[Any], ours: Any) -> bool:
    """Lists whose order is by chance."""
    return isinstance(ours, list) and sorted(map(str, expected)) == sorted(
        map(str, ours)
    )


def _same(expected: Any, ours: Any) -> bool:
    if isinstance(expected, bool) or isinstance(ours, bool):
        return expected is ours
    if isinstance(expected, int | float) and isinstance(ours, int | float):
        return _same_number(float(expected), float(ours))
    if isinstance(expected, datetime) and isinstance(ours, datetime):
        return expected.replace(microsecond=0) == ours.replace(microsecond=0)
    if isinstance(expected, list) and isinstance(ours, list):
        return len(expected) == len(ours) and all(map(_same, expected, ours))
    if isinstance(expected, dict) and isinstance(ours, dict):
        keys_agree = expected.keys() == ours.keys()
        return keys_agree and all(_same(expected[key], ours[key]) for key in expected)
    return bool(expected == ours)


def _same_number(expected: float, ours: float) -> bool:
    if math.isnan(expected) or math.isnan(ours):
        return math.isnan(expected) and math.isnan(ours)
    return expected == ours or abs(expected - ours) <= TOLERANCE * max(
        1.0, abs(expected)
    )
