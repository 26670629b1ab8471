"""Where we differ from the engine on purpose: each row of the page has its cases."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from segments.filterql import (
    FilterQLError,
    compile_filter,
    format_filter,
    parse_expression,
    parse_filter,
)
from tests.conformance.deviations import NAMES
from tests.segments.filterql.asking import FALSE, NOT_OK, NOW, TRUE, ask

PAGE = Path(__file__).parents[3] / "docs" / "filterql.md"
REFUSED = "refused"
DAY = datetime(2015, 12, 18, tzinfo=UTC)
Case = tuple[str, dict[str, Any], Any]

CASES: dict[str, list[Case]] = {
    "due times": [],
    "no panics": [
        ('x LIKE "5"', {"x": 5.5}, NOT_OK),
        ("x LIKE 5", {"x": "a"}, NOT_OK),
        ("x IN y", {"x": 5, "y": 5.5}, NOT_OK),
        ("x IN (NULL)", {"x": "a"}, NOT_OK),
        ("x IN (gone)", {"x": "a"}, NOT_OK),
        ("x % 0 == 1", {"x": 5}, FALSE),
        ('string.substr("abc", 2, 1) == "a"', {}, FALSE),
        ("INCLUDE", {}, REFUSED),
    ],
    "stars cross slashes": [
        ('x LIKE "*blog*"', {"x": "http://a/blog/b"}, TRUE),
        ('x LIKE "http:%b"', {"x": "http://a/blog/b"}, TRUE),
        ('x LIKE "a?b"', {"x": "a/b"}, FALSE),
    ],
    "escaped percent": [
        (r'x LIKE "100\%"', {"x": "100%"}, TRUE),
        (r'x LIKE "100\%"', {"x": "100*"}, FALSE),
    ],
    "IS NULL": [
        ("x IS NULL", {"x": None}, TRUE),
        ("x IS NULL", {}, TRUE),
        ("x IS NULL", {"x": ""}, FALSE),
        ("x IS NOT NULL", {"x": None}, FALSE),
        ("x IS NOT NULL", {}, FALSE),
        ("x IS NOT NULL", {"x": 5}, TRUE),
        ("x IS 5", {}, REFUSED),
    ],
    "match_all": [
        ("AND (*, x == 1)", {"x": 1}, TRUE),
        ("OR (x == 2, match_all)", {"x": 1}, TRUE),
        ("NOT *", {}, FALSE),
        ("* AND x == 1", {"x": 1}, TRUE),
        ("INCLUDE everyone", {}, TRUE),
        ("NOT INCLUDE everyone", {}, FALSE),
    ],
    "AND in a list": [
        ("OR (a == 1 AND (b == 1), c == 1)", {"a": 1, "b": 0, "c": 0}, FALSE),
        ("OR (a == 1 AND (b == 1), c == 1)", {"a": 1, "b": 1, "c": 0}, TRUE),
        ("OR ((a == 1 AND (b == 1)), c == 1)", {"a": 0, "b": 1, "c": 0}, FALSE),
    ],
    "minus": [
        ("-x > 5", {"x": -6}, TRUE),
        ("-5 < x", {"x": 0}, TRUE),
        ("x IN (-1)", {"x": -1}, TRUE),
        ("-7 / 2 == -3.5", {}, TRUE),
    ],
    "parentheses": [
        ("EXISTS(x)", {"x": 5}, TRUE),
        ("toint(x + 1) == 6", {"x": "5"}, TRUE),
        ("any(x > 5, x < 3)", {"x": 5}, TRUE),
        ("CAST(x AS int) > 5", {"x": "6"}, TRUE),
        ("x IN (1 + 1)", {"x": 2}, TRUE),
        ('x INTERSECTS ["a"]', {"x": ["a"]}, TRUE),
        ('x LIKE ("a*", "b*")', {"x": "bc"}, TRUE),
        ('x CONTAINS("b")', {"x": "abc"}, TRUE),
        ("x BETWEEN (1) AND (5)", {"x": 2}, TRUE),
    ],
    "exclamation mark": [
        ("!(x > 5)", {"x": 5}, TRUE),
        ("!x", {"x": False}, TRUE),
        ("!eq(x, 5)", {"x": 6}, TRUE),
        ("!INCLUDE everyone", {}, FALSE),
    ],
    "asterisk": [("x*2 == 10", {"x": 5}, TRUE)],
    "comments": [
        ("/* why */ x == 5", {"x": 5}, TRUE),
        ("x == -- why\n 5", {"x": 5}, TRUE),
        ("x == 5 -- why\n AND x == 6", {"x": 5}, FALSE),
    ],
    "now": [
        ('x < "now"', {"x": NOW - timedelta(hours=1)}, TRUE),
        ('x == "now"', {"x": NOW}, TRUE),
        ('x BETWEEN "now-3d" AND "now"', {"x": NOW - timedelta(days=1)}, TRUE),
        ('x > "NOW-1d"', {"x": NOW}, TRUE),
        ("now() == x", {"x": NOW}, TRUE),
    ],
    "escapes": [
        (r'x == "日\"本\n"', {"x": r'日"本\n'}, TRUE),
        (r'x == "a\\"', {"x": "a\\"}, TRUE),
    ],
    "unknown functions": [("nofunc(x)", {}, REFUSED)],
    "incomplete clauses": [
        ("EXISTS", {}, REFUSED),
        ("x > 5 WITH a", {}, REFUSED),
        ("x > 5; y", {}, REFUSED),
    ],
    "deep nesting": [("(" * 500 + "x" + ")" * 500, {}, REFUSED)],
}


@pytest.mark.parametrize(
    ("condition", "values", "answer"),
    [case for cases in CASES.values() for case in cases],
)
def test_it_differs(condition: str, values: dict[str, Any], answer: Any) -> None:
    if answer is REFUSED:
        with pytest.raises(FilterQLError):
            ask(condition, values)
    else:
        assert ask(condition, values, everyone="*") == answer


def test_a_boundary_is_a_real_change() -> None:
    values = {"x": NOW, "y": NOW - timedelta(days=5)}
    both = 'FILTER AND (x > "now-1M", y < "now-1d")'

    assert compile_filter(parse_filter(both)).boundary(values, NOW) == datetime(
        2026, 6, 20, 12, tzinfo=UTC
    )


def test_expressions_that_make_the_engine_hang_are_read() -> None:
    for text in ("-x > 5", "x > 5; y", "/* a */ x"):
        assert parse_expression(text)


def test_the_page_the_cases_and_the_score_have_the_same_rows() -> None:
    section = PAGE.read_text().partition("## Differences from the engine")[2]
    section = section.partition("\n## ")[0]
    rows = re.findall(r"^\| (?!what |---)([^|]+?) \|", section, re.MULTILINE)

    assert sorted(rows) == sorted(CASES) == sorted(NAMES)


def test_the_example_of_the_page_is_read() -> None:
    example = PAGE.read_text().split("```")[1].strip()

    assert parse_filter(format_filter(parse_filter(example))) == parse_filter(example)
