"""When the passing of time alone changes an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import Compiled, compile_filter, parse_filter
from tests.segments.filterql.asking import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def compiled(condition: str, **includes: str) -> Compiled:
    named = {name: parse_filter(f"FILTER {text}") for name, text in includes.items()}

    def include(name: str) -> Compiled | None:
        return compile_filter(named[name], include) if name in named else None

    return compile_filter(parse_filter(f"FILTER {condition}"), include)


@pytest.mark.parametrize(
    ("condition", "x", "after"),
    [
        ('x > "now-1d"', NOW - 12 * HOUR, 12 * HOUR),
        ('"now-1d" < x', NOW - 12 * HOUR, 12 * HOUR),
        ('x >= "now-1d"', NOW - 12 * HOUR, 12 * HOUR + SECOND),
        ('x < "now-1d"', NOW - 12 * HOUR, 12 * HOUR + SECOND),
        ('x <= "now-1d"', NOW - 12 * HOUR, 12 * HOUR),
        ('x < "now-1d"', NOW - 2 * DAY, None),
        ('x > "now+1d"', NOW, None),
        ('x < "now+1d"', NOW + 2 * DAY, DAY + SECOND),
        ('x > "now"', NOW + HOUR, HOUR),
        ("x > now()", NOW + HOUR, HOUR),
        ('x > todate("now-1d")', NOW, DAY),
        ('todate(x) > "NOW-1d"', NOW, DAY),
        ('NOT x > "now-1d"', NOW, DAY),
        ('x == "now-1d"', NOW, DAY),
        ('x != "now-1d"', NOW - DAY, SECOND),
        ('x > "2015-01-01"', NOW, None),
        ('x BETWEEN "now-2d" AND "now+3d"', NOW, 2 * DAY),
        ('x BETWEEN "now-2d" AND "now+3d"', NOW + 4 * DAY, DAY + SECOND),
        ('x NOT BETWEEN "now-2d" AND "now+3d"', NOW, 2 * DAY),
        ('x BETWEEN "2015-01-01" AND "now"', NOW + DAY, DAY + SECOND),
        ('AND (x > "now-1d", x < "now-1h")', NOW, HOUR + SECOND),
        ('AND (x > "now-1d", y > 5)', NOW, None),
        ('OR (x > "now-1d", x > "now-2d")', NOW, 2 * DAY),
        ('OR (x > "now-1d", EXISTS x)', NOW, None),
        ("INCLUDE recent", NOW, 7 * DAY),
        ("AND (INCLUDE recent, INCLUDE nobody)", NOW, None),
        ('x > "now-1d"', [NOW, NOW - HOUR], DAY),
        ('x > "now-1d"', "2026-05-20", None),
        ('"2026-05-20" > x', NOW, None),
        ('x > "now-1d"', "text", None),
        ('x > "now-1d"', None, None),
        ('x > "now-1x"', NOW, None),
        ("x > 5", 6, None),
        ('x LIKE "now-1d"', "now", None),
    ],
)
def test_the_next_change(condition: str, x: Any, after: timedelta | None) -> None:
    asked = compiled(condition, recent='x > "now-7d"')

    found = asked.boundary({"x": x}, NOW)

    assert found == (None if after is None else NOW + after)


@pytest.mark.parametrize(
    ("condition", "x", "now", "when"),
    [
        ('x < "now-1M"', (2024, 5, 30), (2024, 5, 31), (2024, 6, 30, 0, 0, 1)),
        ('x > "now-1y"', (2024, 2, 29), (2024, 5, 1), (2025, 3, 1)),
        ('x > "now-1M"', (2023, 3, 2), (2023, 3, 30), (2023, 3, 30, 0, 0, 0)),
        ('x > "now-1M"', (2023, 3, 2), (2023, 3, 31, 12), (2023, 4, 1)),
    ],
)
def test_months_and_years_are_exact(
    condition: str, x: tuple[int, ...], now: tuple[int, ...], when: tuple[int, ...]
) -> None:
    moments = [datetime(*parts, tzinfo=UTC) for parts in (x, now, when)]  # type: ignore[arg-type]
    value, present, expected = moments

    found = compiled(condition).boundary({"x": value}, present - SECOND)
    while found is not None and found < expected:
        found = compiled(condition).boundary({"x": value}, found)

    assert found == expected


@pytest.mark.parametrize(
    ("condition", "when"),
    [
        ("hourofday() == 15", (2026, 5, 20, 15)),
        ("hourofday() IN (3, 12)", (2026, 5, 20, 13)),
        ("NOT (hourofday() == 15)", (2026, 5, 20, 15)),
        ("hourofday() BETWEEN 8 AND 18", (2026, 5, 20, 18)),
        ("dayofweek() == 4", (2026, 5, 21)),
        ("dayofweek() IN (0, 6)", (2026, 5, 23)),
        ("hourofweek() < 30", (2026, 5, 24)),
        ("mm() == 12", (2026, 12, 1)),
        ("monthofyear() == mm(x)", (2027, 4, 1)),
        ('yymm() == "2701"', (2027, 1, 1)),
        ("yy() - yy(x) >= 18", (2028, 1, 1)),
        ("yy() == 30", (2030, 1, 1)),
        ("hourofday(now()) == 15", (2026, 5, 20, 15)),
        ('hourofday(todate("now-30m")) == 12', (2026, 5, 20, 12, 30)),
        ('dayofweek(todate("now-1d")) == 4', (2026, 5, 22)),
        ('strftime(now(), "%m-%d") == strftime(x, "%m-%d")', (2027, 4, 30)),
        ('strftime(now(), "%H:%M") == "12:07"', (2026, 5, 20, 12, 7)),
        ('strftime(now(), "%M") > 58', (2026, 5, 20, 12, 59)),
        ('strftime(now(), "%S") == "07"', (2026, 5, 20, 12, 0, 7)),
        ('todate(strftime(now(), "%Y-01-01")) > "2026-06-01"', (2027, 1, 1)),
        ("totimestamp(now()) - totimestamp(x) > 600000000", (2029, 5, 4, 10, 40, 1)),
        ("(totimestamp(now()) - totimestamp(x)) / 86400 >= 7000", (2029, 6, 29)),
        ("totimestamp(x) + 600000000 < totimestamp(now())", (2029, 5, 4, 10, 40, 1)),
        ("totimestamp(x) + 600000000 == totimestamp(now())", (2029, 5, 4, 10, 40)),
        ("toint(now()) >= 1781000000000", (2026, 6, 9, 10, 13, 20)),
        ("totimestamp(now()) * 1000 >= 1781000000000", (2026, 6, 9, 10, 13, 20)),
        ('unixtrunc(now()) == "1781000000"', (2026, 6, 9, 10, 13, 20)),
        ("unixtrunc(now()) > 1781000000", (2026, 6, 9, 10, 13, 21)),
        ("gt(totimestamp(now()), 1781000000)", (2026, 6, 9, 10, 13, 21)),
        ("totimestamp(now()) BETWEEN 5 AND 1781000000", (2026, 6, 9, 10, 13, 20)),
        ("1781000000 BETWEEN 5 AND totimestamp(now())", (2026, 6, 9, 10, 13, 21)),
        ("now() BETWEEN x AND 1781000000", (2026, 6, 9, 10, 13, 20)),
        ("AND (mm() == 12, hourofday() == 9)", (2026, 12, 1, 9)),
        ("AND (mm() == 12, dayofweek() == 0, hourofday() == 9)", (2026, 12, 6, 9)),
        ("AND (x > 5, mm() == 12)", None),
        ("AND (x IS NULL, hourofday() == 25)", None),
        ("mm(x) == 12", None),
        ('hourofday("now-3h") == 5', None),
        ("now() + 5 > 7", None),
    ],
)
def test_the_calendar_is_exact(condition: str, when: tuple[int, ...] | None) -> None:
    x = datetime(2010, 4, 30, tzinfo=UTC)
    expected = None if when is None else datetime(*when, tzinfo=UTC)  # type: ignore[arg-type]

    assert compiled(condition).boundary({"x": x}, NOW) == expected


def test_a_far_change_is_looked_for_only_while_it_could_matter() -> None:
    """The hours of eleven months are not tried."""
    asked = compiled("AND (yy() == 99, mm() == 12, dayofweek() == 0, hourofday() == 9)")

    assert asked.boundary({}, NOW) == datetime(2099, 12, 6, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("condition", "after"),
    [
        ("hourofday() == 25", 1_500 * HOUR),
        ("totimestamp(now()) % 86400 == 90000", 1_500 * SECOND),
        ('hash(now()) == "a"', 1_500 * SECOND),
        ('strftime(now(), "%M") == "61"', 1_500 * timedelta(minutes=1)),
    ],
)
def test_what_is_not_found_is_asked_again(condition: str, after: timedelta) -> None:
    assert compiled(condition).boundary({}, NOW) == NOW + after


@pytest.mark.parametrize(
    ("condition", "values", "after"),
    [
        ("y > x", {"x": "now-1d"}, DAY),
        ("x < y", {"x": "NOW-1d"}, DAY),
        ("y == m.x", {"m": {"x": "now-1d"}}, DAY),
        ("y > x", {"x": ["now-1d"]}, DAY),
        ("y BETWEEN x AND z", {"x": "now-1d", "z": "now+1d"}, DAY),
        ("todate(x) < y", {"x": "now-1d"}, DAY),
        ("todate(oneof(z, x)) < y", {"x": "now-1d"}, DAY),
        ('todatein(x, "Asia/Tokyo") < y', {"x": "now-1d"}, DAY),
        ("hourofday(todate(x)) == 14", {"x": "now-1h"}, 3 * HOUR),
        ("AND (hourofday(todate(x)) == 14, flag)", {"x": "now-1h"}, None),
        ('unixtrunc(x, "s") > 1779278400', {"x": "now-1h"}, HOUR + SECOND / 1000),
        ("y > x", {"x": "2026-01-01"}, None),
        ("y == x", {"x": "now"}, SECOND),
        ("y > x", {"x": "nowhere"}, None),
        ("hourofday(x) == 5", {"x": "now-1h"}, None),
        ('x == "now-1h"', {"x": "now-1h"}, None),
    ],
)
def test_a_text_in_a_value_moves_as_one_in_the_filter_does(
    condition: str, values: dict[str, Any], after: timedelta | None
) -> None:
    asked = compiled(condition)

    found = asked.boundary({"y": NOW, **values}, NOW)

    assert found == (None if after is None else NOW + after)


def test_the_end_of_time_is_no_change() -> None:
    last = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)

    for condition in ('x > "now-1d"', 'x > "now-1y"', "hourofday() == 15"):
        compiled(condition).boundary({"x": last}, last)
        compiled(condition).boundary({"x": datetime(1, 1, 1, tzinfo=UTC)}, last)


def test_nested_comparisons_compile_once() -> None:
    nested = 'x < "now-1d"' + ' < "now-1d"' * 90
    between = "(" * 30 + "x" + " BETWEEN 1 AND 2)" * 30

    assert compiled(nested).boundary({"x": NOW}, NOW) is None
    assert compiled(between).boundary({"x": 1}, NOW) is None


leaves = st.builds(
    '{} {} "now{:+d}{}"'.format,
    st.sampled_from(("x", "y")),
    st.sampled_from((">", ">=", "<", "<=", "==", "!=")),
    st.integers(-9, 9),
    st.sampled_from("smh"),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("NOT ({})".format, inner),
        st.builds("AND ({}, {})".format, inner, inner),
        st.builds("OR ({}, {})".format, inner, inner),
        st.builds("({}) AND ({})".format, inner, inner),
    ),
    max_leaves=5,
)
near = st.integers(-40, 40).map(
    lambda s: NOW + s * SECOND + timedelta(milliseconds=300)
)


@settings(max_examples=100, deadline=None)
@given(conditions, st.fixed_dictionaries({"x": near, "y": near}))
def test_it_is_the_first_real_change(condition: str, values: dict[str, Any]) -> None:
    asked = compiled(condition)
    found = asked.boundary(values, NOW)
    present = asked(values, NOW)

    for count in range(1, 150):
        instant = NOW + count * SECOND
        if found is not None and instant >= found:
            break
        assert asked(values, instant) is present
    if found is not None:
        assert asked(values, found) is not present
        assert asked(values, found - timedelta(microseconds=1)) is present


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from((">", "<=", "==")),
    st.sampled_from(("-1M", "-2M", "+1M", "-1y", "-13M")),
    st.integers(0, 120 * 86400).map(
        lambda s: datetime(2023, 12, 1, tzinfo=UTC) + s * SECOND
    ),
)
def test_it_is_the_first_real_change_in_the_calendar(
    operator: str, distance: str, x: datetime
) -> None:
    asked = compiled(f'x {operator} "now{distance}"')
    now = x.replace(microsecond=0) - 30 * DAY
    found = asked.boundary({"x": x}, now)
    present = asked({"x": x}, now)

    last = now + 430 * DAY if found is None else found
    instant = now
    while instant < last:
        assert asked({"x": x}, instant) is present
        instant += 23 * HOUR
    if found is not None:
        assert asked({"x": x}, found) is not present
        assert asked({"x": x}, found - timedelta(microseconds=1)) is present
