"""Errors say where, what was found, what was expected and what was meant."""

from __future__ import annotations

import copy
import pickle

import pytest

from segments.filterql import FilterQLError, parse_filter


def refused(text: str) -> FilterQLError:
    with pytest.raises(FilterQLError) as caught:
        parse_filter(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "found", "expected"),
    [
        ("FILTER (x > 5", 1, 14, "the end", ") to close the parenthesis"),
        ("FILTER AND (x > 5", 1, 18, "the end", ") after the conditions"),
        ("FILTER AND (x > 5))", 1, 19, ")", "an operator, FROM"),
        ("FILTER x >\n  > 5", 2, 3, ">", "a condition, a field or a value"),
        ("FILTER\n\n  x == \n", 4, 1, "the end", "a condition"),
        ("FILTER x BETWEEN 1 OR 5", 1, 20, "OR", "AND between the two ends"),
        ("FILTER x IN 5", 1, 13, "5", "a list, a field or a function after IN"),
        ("FILTER x INTERSECTS true", 1, 21, "true", "a list, a field or a function"),
        ('FILTER x INTERSECTS "a"', 1, 21, '"a"', "a list, a field or a function"),
        ("FILTER x IN []", 1, 14, "]", "a text or a number in [ ]"),
        ("FILTER x IN [1 2]", 1, 16, "2", ", or ] after a value"),
        ("FILTER INCLUDE 123", 1, 16, "123", "the alias or id of a filter"),
        ("FILTER INCLUDE", 1, 15, "the end", "the alias or id of a filter"),
        ("FILTER EXISTS NOT x", 1, 15, "NOT", "a field after EXISTS"),
        ("FILTER and > 5", 1, 12, ">", "( after and"),
        ("FILTER as > 5", 1, 8, "as", "`as` names a field"),
        ("FILTER x == 5ms", 1, 13, "5ms", "a number"),
        ("FILTER x == 5.", 1, 13, "5.", "a number"),
        ("FILTER x == 007", 1, 13, "007", "a number"),
        ("FILTER x == +5", 1, 13, "+", "a condition"),
        ("FILTER x ~? 5", 1, 10, "~", ""),
        ("FILTER x === 5", 1, 12, "=", "a condition"),
        ("FILTER .`a`", 1, 9, "a", "an operator"),
        ("FILTER x IS 5", 1, 13, "5", "NULL or NOT NULL"),
        ("FILTER eq(x 5)", 1, 13, "5", ") or , after an argument"),
        ("FILTER eq(x,,5)", 1, 13, ",", "a condition"),
        ("FILTER cast(x int)", 1, 15, "int", "AS and a type"),
    ],
)
def test_it_names_the_place(
    text: str, line: int, column: int, found: str, expected: str
) -> None:
    error = refused(text)

    assert (error.line, error.column, error.found) == (line, column, found)
    assert expected in error.expected
    assert f"line {line}, column {column}: " in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('FILTER x == "abc', "no closing"),
        ("FILTER `x > 5", "no closing `"),
        ("FILTER x == \u201cabc\u201d", "straight quotes"),
        ("FILTER `` > 5", "a name is empty"),
        ("FILTER x == 5d", 'a time ago is written "now-5d"'),
        ("FILTER x > 5, y > 6", "AND ( … ) or OR ( … )"),
        ("FILTER x ALIAS a FROM b", "in this order"),
        ("FILTER x == 1e999", "too large"),
        ("FILTER x == 0x" + "F" * 400, "too large"),
        ("FILTER cast()", "cast takes 2 arguments, 0 given"),
        ("FILTER x WITH a = foo", "a text, a number, true, false or null"),
        ("FILTER x WITH a = -true", "a text, a number, true, false or null"),
        ("FILTER toint(x, y)", "toint takes 1 argument, 2 given: toint(x)"),
        ("FILTER any()", "any takes 1 or more arguments, 0 given"),
        ("FILTER `na``me` > 5", "found me"),
    ],
)
def test_it_says_what_is_wrong(text: str, message: str) -> None:
    assert message in str(refused(text))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("FILTR x > 5", "FILTER"),
        ('FILTER x CONTANS "a"', "CONTAINS"),
        ("FILTER x BETWEN 1 AND 5", "BETWEEN"),
        ("FILTER x > 5 ALAIS a", "ALIAS"),
        ("FILTER x > 5 FORM user", "FROM"),
        ('FILTER AND (x > 5, y LKE "a")', "LIKE"),
        ("FILTER AND (x INTERSECT (1), y)", "INTERSECTS"),
        ("FILTER x BETWEEN 1 ADN 5", "AND"),
        ("FILTER x IS NUL", "NULL"),
        ("FILTER toitn(x) > 5", "toint"),
        ("FILTER tostrnig(x) > 5", "tostring"),
        ("SELECT a FROM b FITLER c", "FILTER"),
        ("FILTER x => 5", ">="),
        ("FILTER x =< 5", "<="),
        ("FILTER x === 5", "=="),
        ("FILTER exist x", "EXISTS"),
        ('FILTER nit CONTANS "a"', "CONTAINS"),
        ("FILTER inclde x", "INCLUDE"),
    ],
)
def test_it_suggests_what_was_meant(text: str, meant: str) -> None:
    error = refused(text)

    assert error.suggestion == meant
    assert str(error).endswith(f"Did you mean {meant}?")


def test_it_does_not_suggest_what_stands_there() -> None:
    assert refused("FILTER x NOT 5").suggestion == ""
    assert refused("FILTER x = \n = 5").suggestion == ""


def test_an_unknown_function_is_refused() -> None:
    assert "non existent function nofunc" in str(refused("FILTER nofunc(x)"))


def test_pretty_points_at_the_place() -> None:
    error = refused("FILTER AND (\n  x > 5\n\ty CONTANS 5\n)")

    assert error.pretty().splitlines()[1:] == ["   y CONTANS 5", "     ^"]


def test_pretty_shows_a_part_of_a_long_line() -> None:
    error = refused("FILTER " + "x > 5 AND " * 100 + "y IN 5" + " AND x > 5" * 100)
    shown, caret = error.pretty().splitlines()[1:]

    assert len(shown) < 120
    assert shown[caret.index("^")] == "5"


@pytest.mark.parametrize(
    "text",
    [
        "FILTER " + "(" * 5_000 + "x" + ")" * 5_000,
        "FILTER " + "NOT " * 5_000 + "x",
        "FILTER " + "AND (" * 5_000,
        "FILTER " + "-(" * 5_000,
        "FILTER " + "toint(" * 5_000,
        "FILTER " + "x OR y AND z == a + b * (" * 500,
        "FILTER x" + " + 1" * 5_000,
        "FILTER x" + " == 1" * 5_000,
    ],
)
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    assert "nested deeper than" in str(refused(text))


@pytest.mark.parametrize("text", ["x == 1q" + "q" * 9_999, "q" * 9_999 + "(x)"])
def test_long_words_are_shown_in_part(text: str) -> None:
    assert len(str(refused(f"FILTER {text}"))) < 300


def test_what_is_too_long_is_refused() -> None:
    assert "are allowed" in str(refused("FILTER x == " + "5" * 600_000))


def test_deep_json_is_refused() -> None:
    assert "not a JSON object" in str(refused('FILTER x WITH {"a":' + "[" * 100_000))


def test_an_error_can_be_copied_and_sent() -> None:
    error = refused("FILTR x > 5")

    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert twin.pretty() == error.pretty()
        assert twin.suggestion == "FILTER"
