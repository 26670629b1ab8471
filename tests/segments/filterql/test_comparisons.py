"""== != > >= < <= over values of all types, and the fast ways through them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.segments.filterql.asking import FALSE, NOT_OK, NOW, TRUE, ask

DAY = datetime(2015, 12, 18, 10, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "condition", "answer"),
    [
        (5, "x == 5", TRUE),
        (5, "x == 5.5", FALSE),
        (5, "x > 4.9", TRUE),
        (9007199254740993, "x > 9007199254740992", TRUE),
        (5, 'x == "5"', TRUE),
        (5, 'x > "4.5"', TRUE),
        (5, 'x == "abc"', NOT_OK),
        (5, 'x != "$5"', NOT_OK),
        (5, "x == true", NOT_OK),
        (5, 'x == ("5")', TRUE),
        (5.5, "x > 5", TRUE),
        (5.5, 'x == "5.5"', TRUE),
        (5.5, 'x == ["a", "5.5"]', TRUE),
        (5.5, 'x > ["a", "6"]', FALSE),
        (float("nan"), "x != 5", TRUE),
        (10**30, "x > 5", TRUE),
        ("abc", 'x == "abc"', TRUE),
        ("abc", 'x == "ABC"', FALSE),
        ("abc", 'x != "abd"', TRUE),
        ("10", 'x > "9"', FALSE),
        ("2016-01-01", 'x > "2015-01-01"', FALSE),
        ("5", "x == 5", TRUE),
        ("$5", "x > 4", TRUE),
        (" 5 ", "x > 4", TRUE),
        ("1,000", "x == 1000", TRUE),
        ("abc", "x == 5", FALSE),
        ("abc", "x != 5", TRUE),
        ("abc", "x < 5", FALSE),
        ("abc", "5 == x", NOT_OK),
        ("true", "x == true", TRUE),
        ("0", "x == false", TRUE),
        ("yes", "x == true", FALSE),
        ("yes", "x != true", NOT_OK),
        ("yes", "x > true", NOT_OK),
        (True, "x == true", TRUE),
        (True, "x != false", TRUE),
        (True, 'x == "true"', NOT_OK),
        (True, "x == 1", NOT_OK),
        (True, "x > false", NOT_OK),
        (True, "x == NULL", FALSE),
        (["a"], 'x == "a"', FALSE),
        (["a"], 'x != "a"', NOT_OK),
        (["a"], "x == x", FALSE),
        ([1, 2], "x == 1", NOT_OK),
        ([1, 2], "x == x", NOT_OK),
        ([], "x != 1", FALSE),
        ({"a": 1}, "x == x", NOT_OK),
        (b"bytes", "x == x", NOT_OK),
    ],
)
def test_it_compares(value: Any, condition: str, answer: tuple[bool, bool]) -> None:
    assert ask(condition, {"x": value}) == answer


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ('x == "12/18/2015 10:20:30"', TRUE),
        ('x == "2015-12-18T05:20:30-05:00"', TRUE),
        ('x == "2015-12-18T10:20:30.9Z"', TRUE),
        ('x == "2015-12-18"', FALSE),
        ('x > "2015-12-18"', TRUE),
        ('x < "2015-12-19"', TRUE),
        ('x >= "2015-12-18T10:20:30Z"', TRUE),
        ('x > "2015-12-18T10:20:30Z"', FALSE),
        ('x <= "2015-12-18T10:20:29Z"', FALSE),
        ("x == 1450434030000", TRUE),
        ('x == "1450434030"', TRUE),
        ("1450434030 == x", NOT_OK),
        ('"2015-12-17" < x', TRUE),
        ('"bogus" < x', NOT_OK),
        ('x > "not a date"', NOT_OK),
        ('x > "18/12/2015"', NOT_OK),
        ("x > 5", NOT_OK),
        ("x > 5000000000000", NOT_OK),
        ("x == true", NOT_OK),
        ("x != NULL", NOT_OK),
        ("x < now()", TRUE),
        ('x < "now"', TRUE),
        ('x < "NOW-1d"', TRUE),
        ('x < "now-1D"', NOT_OK),
        ('x < "nowish"', NOT_OK),
        ('x < "now-9999999y"', NOT_OK),
        ('x IN ("2015-12-18")', NOT_OK),
    ],
)
@pytest.mark.parametrize("name", ["x", "m.x"])
def test_times_compare_with_dates(
    name: str, condition: str, answer: tuple[bool, bool]
) -> None:
    moment = DAY + timedelta(milliseconds=500)

    assert ask(condition.replace("x ", f"{name} "), {name: moment, "x": moment}) == (
        answer
    )


def test_a_moment_without_a_zone_is_in_utc() -> None:
    naive = DAY.replace(tzinfo=None)

    assert ask('x == "2015-12-18T10:20:30Z"', {"x": naive}) == TRUE
    assert ask('x > "now-20y"', {"x": naive}) == TRUE
    assert ask("x == y", {"x": naive, "y": DAY}) == TRUE


@pytest.mark.parametrize(
    ("ago", "text", "answer"),
    [
        (timedelta(days=8), "now-1w", FALSE),
        (timedelta(days=6), "now-1w", TRUE),
        (timedelta(days=29), "now-1M", TRUE),
        (timedelta(days=31), "now-1M", FALSE),
        (timedelta(minutes=2), "now-1m", FALSE),
        (timedelta(days=364), "now-1y", TRUE),
        (timedelta(seconds=10), "now-30s", TRUE),
        (timedelta(hours=-2), "now+1h", TRUE),
    ],
)
def test_now_moves(ago: timedelta, text: str, answer: tuple[bool, bool]) -> None:
    assert ask(f'x > "{text}"', {"x": NOW - ago}) == answer


@pytest.mark.parametrize(
    ("items", "condition", "answer"),
    [
        ([DAY, NOW], 'x > "2020-01-01"', TRUE),
        ([DAY, NOW], 'x == "2015-12-18T10:20:30Z"', TRUE),
        ([DAY, NOW], 'x < "2015-01-01"', FALSE),
        ([DAY, 5], 'x > "2020-01-01"', NOT_OK),
        ([DAY], 'x > "bogus"', NOT_OK),
        ([DAY], 'x IN ("2015-12-18T10:20:30Z")', TRUE),
    ],
)
def test_one_time_of_a_list_is_enough(
    items: list[Any], condition: str, answer: tuple[bool, bool]
) -> None:
    assert ask(condition, {"x": items}) == answer


@pytest.mark.parametrize(
    ("value", "condition", "answer"),
    [
        (1, "x BETWEEN 1 AND 10", FALSE),
        (2, "x BETWEEN 1 AND 10", TRUE),
        (10, "x BETWEEN 1 AND 10", FALSE),
        (10, "x NOT BETWEEN 1 AND 10", TRUE),
        (4, "x BETWEEN 3.9 AND 4.1", FALSE),
        (4, "x BETWEEN 1.5 AND 4.5", FALSE),
        (4, 'x BETWEEN "$3" AND "5"', TRUE),
        (4, "x BETWEEN 10 AND 1", FALSE),
        (4, "x BETWEEN 1 AND true", NOT_OK),
        (0.5, "x BETWEEN false AND true", TRUE),
        (4.0, "x BETWEEN 3.9 AND 4.1", TRUE),
        (4, "x BETWEEN y AND 10", NOT_OK),
        ("4", "x BETWEEN 1 AND 10", NOT_OK),
        (True, "x BETWEEN 0 AND 2", NOT_OK),
        ([4], "x BETWEEN 1 AND 10", NOT_OK),
        (DAY, 'x BETWEEN "2015-12-17" AND "12/19/2015"', TRUE),
        (DAY, 'x BETWEEN "now-50y" AND "now"', TRUE),
        (DAY, 'x BETWEEN "2015-12-18T10:20:30Z" AND "now"', FALSE),
        (DAY, 'x BETWEEN "a" AND "now"', NOT_OK),
        (DAY, "x BETWEEN NULL AND x", NOT_OK),
    ],
)
def test_between(value: Any, condition: str, answer: tuple[bool, bool]) -> None:
    assert ask(condition, {"x": value}) == answer
