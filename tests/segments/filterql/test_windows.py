"""How often something happened in the last days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import FilterQLError, compile_filter, parse_filter
from segments.filterql.values import MISSING
from tests.segments.filterql.asking import NOW, value_of

DAY = timedelta(days=1)
VISITS = [NOW - 40 * DAY, NOW - 7 * DAY, NOW - 6 * DAY, NOW - DAY, NOW, NOW + DAY]


def often(value: Any, times: int, days: int) -> Any:
    return value_of(f"timewindow(x, {times}, {days})", {"x": value})


@pytest.mark.parametrize(
    ("times", "days", "answer"),
    [
        (3, 7, True),
        (4, 7, False),
        (4, 8, True),
        (4, 30, True),
        (5, 30, False),
        (5, 41, True),
        (1, 1, True),
        (6, 100, False),
    ],
)
def test_dates_in_the_last_days_are_counted(
    times: int, days: int, answer: bool
) -> None:
    assert often(VISITS, times, days) is answer
    assert often([visit.isoformat() for visit in VISITS], times, days) is answer


def test_a_map_counts_by_date() -> None:
    visits = {"2026-05-19": 3, "2026-05-01": 4, "someday": 100, "2026-05-20": "2"}

    assert often(visits, 5, 7) is True
    assert often(visits, 6, 7) is False
    assert often(visits, 9, 30) is True


def test_a_date_counts_once() -> None:
    assert often(NOW - DAY, 1, 7) is True
    assert often("2026-05-19", 2, 7) is False


def test_what_holds_no_dates_has_none() -> None:
    assert often(["a", None], 1, 7) is False
    assert often(None, 1, 7) is MISSING


@pytest.mark.parametrize(
    "arguments", ["x, 0, 7", "x, 5.5, 7", "x, y, 7", "x, 5, -7", "x, 5, 99999"]
)
def test_a_window_that_is_none_is_refused(arguments: str) -> None:
    with pytest.raises(FilterQLError, match=r"timewindow wants|at most"):
        parse_filter(f"FILTER timewindow({arguments})")


near = st.integers(-20, 20).map(lambda hours: NOW + timedelta(hours=hours, seconds=1.5))


@settings(max_examples=60, deadline=None)
@given(st.lists(near, max_size=4), st.integers(1, 3))
def test_the_boundary_is_the_first_real_change(
    visits: list[datetime], times: int
) -> None:
    asked = compile_filter(parse_filter(f"FILTER timewindow(x, {times}, 1)"))
    values = {"x": visits}
    found = asked.boundary(values, NOW)
    present = asked(values, NOW)

    for minutes in range(0, 50 * 60, 7):
        instant = NOW + timedelta(minutes=minutes)
        if found is None or instant < found:
            assert asked(values, instant) is present
    if found is not None:
        assert asked(values, found) is not present
        assert asked(values, found - timedelta(microseconds=1)) is present
