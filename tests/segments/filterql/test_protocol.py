"""Questions and answers in JSON lines."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest
from django.core.management import call_command

from segments.filterql.protocol import answer, answers
from tests.segments.filterql.asking import NOW


def reply(**question: Any) -> dict[str, Any]:
    return answer(json.dumps(question), lambda: NOW)


def test_a_filter_is_answered() -> None:
    assert reply(ql="FILTER x > 5", context={"x": 6}) == {
        "match": True,
        "ok": True,
        "boundary": None,
    }


def test_an_expression_has_a_value_too() -> None:
    assert reply(ql="x + 1", context={"x": 6})["value"] == 7


@pytest.mark.parametrize("start", ["filter", "-- why\n FILTER", "/* a */ Filter"])
def test_a_filter_is_known_by_its_keyword(start: str) -> None:
    assert "value" not in reply(ql=f"{start} x")


def test_select_is_answered_by_its_filter() -> None:
    question = {"ql": "SELECT x FROM u FILTER x == 1", "context": {"x": 1}}

    assert reply(**question)["match"] is True


def test_an_error_has_a_place() -> None:
    got = reply(ql="FILTER\n  x CONTANS 5")

    assert (got["line"], got["column"]) == (2, 5)
    assert "Did you mean CONTAINS?" in got["error"]


@pytest.mark.parametrize("text", ["FILTR x > 5", ""])
def test_a_misspelt_filter_is_no_expression(text: str) -> None:
    assert "error" in reply(ql=text)


@pytest.mark.parametrize(
    ("value", "kind", "expression", "result"),
    [
        (5, None, "x", 5),
        (5.0, None, "x", 5.0),
        (5, "number", "x + 0", 5.0),
        (10**30, None, "x", 1e30),
        ({"$number": 5}, None, "x + 0", 5.0),
        ({"$number": "NaN"}, None, "x", {"$number": "NaN"}),
        ({"$number": "-Inf"}, None, "x", {"$number": "-Inf"}),
        ({"$number": "Inf"}, None, "x", {"$number": "+Inf"}),
        (
            {"$time": "2015-12-18T00:00:00Z"},
            "time",
            "x",
            {"$time": "2015-12-18T00:00:00Z"},
        ),
        ({"$time": "now-12h"}, "time", "x", {"$time": "2026-05-20T00:00:00Z"}),
        ({"$list": ["a"]}, "[]value", 'x == "a"', None),
        ({"$strings": []}, "[]string", 'x == "a"', False),
        ("2015-12-18", "date", "x", {"$time": "2015-12-18T00:00:00Z"}),
        ("someday", "date", "x", "someday"),
        (["a"], "[]value", 'x == "a"', None),
        (["a"], "list", 'x == "a"', None),
        (["a"], "[]string", 'x == "a"', False),
        ({"a": 1}, "map[string]value", "len(x)", 1),
        ({"a": 1}, "map[string]number", "x.a + 0", 1.0),
        ({"$map": {"a": 1}}, None, "x.a", 1),
        ({"a": {"b": [1, None]}}, None, "x.a", {"b": [1, None]}),
        (None, None, "x == NULL", True),
        ("\ud800", None, "x", "\ud800"),
    ],
)
def test_values_come_and_go(
    value: Any, kind: Any, expression: str, result: Any
) -> None:
    types = {"x": kind} if kind else {}

    got = reply(ql=expression, context={"x": value}, types=types)

    assert got["value"] == result
    assert type(got["value"]) is type(result)


def test_now_can_be_given() -> None:
    question = {
        "ql": 'FILTER x > "now-1d"',
        "context": {"x": {"$time": "2015-12-18T00:00:00Z"}},
    }

    assert reply(**question, now="2015-12-18T12:00:00Z")["match"] is True
    assert reply(**question)["match"] is False


def test_functions_ask_for_the_moment_of_the_event() -> None:
    event = "2015-12-18T00:00:00Z"

    assert reply(ql="yy()", ts=event)["value"] == 15
    assert reply(ql="yy()", ts=event, now="2016-12-18T00:00:00Z")["value"] == 15
    assert reply(ql='yy(todate("now-1y"))', ts=event)["value"] == 25
    assert "error" in reply(ql="yy()", ts="yesterday")


def test_a_call_of_filter_is_an_expression() -> None:
    assert reply(ql='filter(["a", "b"], "a")')["value"] == ["b"]
    assert "error" in reply(ql="FILTER (")


def test_filters_can_be_included() -> None:
    includes = (
        "FILTER x == 1 ALIAS One; FILTER INCLUDE a ALIAS b; FILTER INCLUDE b ALIAS a"
    )

    assert reply(ql="FILTER INCLUDE one", context={"x": 1}, includes=includes)["match"]
    assert reply(ql="FILTER NOT INCLUDE a", includes=includes)["ok"] is False
    assert reply(ql="FILTER INCLUDE gone", includes=includes)["ok"] is False


@pytest.mark.parametrize(
    "line",
    [
        *("", "garbage", "[]", "5", "null", "{}", '{"ql": 5}', "[" * 100_000, "\ufeff"),
        '{"ql": "FILTER x", "context": []}',
        '{"ql": "FILTER x", "types": []}',
        '{"ql": "FILTER x", "now": "yesterday"}',
        '{"ql": "FILTER x", "now": 5}',
        '{"ql": "FILTER x", "includes": 5}',
        '{"ql": "FILTER x", "includes": "FILTER ("}',
        '{"ql": "FILTER x", "context": {"x": {"$time": "bogus"}}}',
        '{"ql": "FILTER x", "context": {"x": {"$number": "five"}}}',
        '{"ql": "FILTER x", "context": {"x": {"$number": true}}}',
        '{"ql": "FILTER x", "context": {"x": {"$list": 5}}}',
        '{"ql": "FILTER x", "context": {"x": {"$struct": {}}}}',
        '{"ql": "FILTER x", "context": {"x": ' + "[" * 100 + "]" * 100 + "}}",
        '{"ql": "FILTER x", "context": {"x": '
        + '{"$map": {"a": ' * 60
        + "5"
        + "}}" * 60
        + "}}",
        b"\xff\xfe",
    ],
)
def test_what_is_no_question_is_answered_by_an_error(line: str | bytes) -> None:
    got = answer(line, lambda: NOW)

    assert set(got) == {"error", "line", "column"}


def test_every_line_gets_one_answer_in_order() -> None:
    lines = ['{"ql": "1"}\n', "\n", "garbage\n", '{"ql": "2"}']

    replies = [json.loads(line) for line in answers(lines, lambda: NOW)]

    assert [got.get("value", "error") for got in replies] == [1, "error", "error", 2]


def test_the_command_needs_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = io.TextIOWrapper(io.BytesIO(b'{"ql": "1 + 1"}\n\xff\n{"ql": "2 + 2"}\n'))
    monkeypatch.setattr(sys, "stdin", asked)
    told = io.StringIO()

    call_command("filterql", stdout=told)

    first, second, third = (json.loads(line) for line in told.getvalue().splitlines())
    assert (first["value"], third["value"]) == (2, 4)
    assert "error" in second
