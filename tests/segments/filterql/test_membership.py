"""IN, INTERSECTS and CONTAINS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.segments.filterql.asking import FALSE, NOT_OK, TRUE, ask

DAY = datetime(2015, 12, 18, tzinfo=UTC)


@pytest.mark.parametrize("operator", ["IN", "INTERSECTS"])
@pytest.mark.parametrize(
    ("value", "collection", "answer"),
    [
        ("a", '("a", "b")', TRUE),
        ("c", '("a", "b")', FALSE),
        ("5", "(5)", TRUE),
        ("true", "(true)", TRUE),
        ("a", "(gone)", NOT_OK),
        ("a", '("a", gone)', TRUE),
        ("a", "(NULL)", NOT_OK),
        ("a", "y", TRUE),
        ("a", "m", TRUE),
        ("b", "m", FALSE),
        ("a", "t", TRUE),
        ("a", "n", FALSE),
        (5, '("abc", "5")', TRUE),
        (5, '("5.9")', TRUE),
        (5, "(5.9)", TRUE),
        (5, '("abc")', FALSE),
        (5, "y", NOT_OK),
        (5, "n", TRUE),
        (5.5, '(5.5, "a")', TRUE),
        (5.5, '("5.5")', TRUE),
        (5.5, "(5)", FALSE),
        (True, "(true)", NOT_OK),
        (["a", "x"], '("x")', TRUE),
        (["a", "x"], '("z")', FALSE),
        (["1", "x"], "(1)", TRUE),
        (["a", "x"], "y", TRUE),
        (["a", "x"], "m", NOT_OK),
        (["a", "x"], "()", FALSE),
        ([1, 2], "(2)", TRUE),
        ([1, 2], '("2")', TRUE),
        ([1, 2], "n", FALSE),
        ([1, None], '("z")', FALSE),
        ([], '("a")', FALSE),
        ({"a": 1, "b": 2}, '("b")', TRUE),
        ({"a": 1, "b": 2}, '("z")', FALSE),
        ({"a": 1, "b": 2}, "y", TRUE),
        ({"a": 1, "b": 2}, "m", TRUE),
        ({"a": 1, "b": 2}, "t", NOT_OK),
        ({"a": 1}, "(NULL)", NOT_OK),
        (DAY, '("2015-12-18")', NOT_OK),
        (b"bytes", '("a")', NOT_OK),
    ],
)
def test_it_finds_members(
    operator: str, value: Any, collection: str, answer: tuple[bool, bool]
) -> None:
    others = {"y": ["a", "q"], "m": {"a": 1}, "t": {"a": DAY}, "n": [7, 5]}

    assert ask(f"x {operator} {collection}", {"x": value, **others}) == answer


@pytest.mark.parametrize(
    ("value", "condition", "answer"),
    [
        ("a", 'x IN "a"', TRUE),
        ("a", 'x IN "abc"', FALSE),
        (["a"], 'x IN "a"', NOT_OK),
        ("abc", 'x CONTAINS "b"', TRUE),
        ("abc", 'x CONTAINS "B"', FALSE),
        ("abc", 'x CONTAINS ("z", "b")', TRUE),
        ("abc", 'x CONTAINS ["z"]', FALSE),
        ("abc", "x CONTAINS m", TRUE),
        ("abc", "x CONTAINS t", NOT_OK),
        ("abc", "x CONTAINS true", FALSE),
        ("abc", "x CONTAINS 5", NOT_OK),
        ("abc", "x CONTAINS ('gone')", NOT_OK),
        (["abc", "x"], 'x CONTAINS "b"', TRUE),
        (["abc", "x"], 'x CONTAINS "z"', FALSE),
        (["is true"], "x CONTAINS true", TRUE),
        (["abc"], 'x CONTAINS ["abc"]', NOT_OK),
        (["10"], "x CONTAINS 10", NOT_OK),
        ([10, 11], 'x CONTAINS "1"', TRUE),
        ([10, 11], "x CONTAINS 11", TRUE),
        ([10, 11], "x CONTAINS 1", FALSE),
        ([10, 11], "x CONTAINS 1.5", NOT_OK),
        (5, "x CONTAINS 5", FALSE),
        (5, 'x CONTAINS "b"', NOT_OK),
        (5.5, 'x CONTAINS "b"', NOT_OK),
        (True, 'x CONTAINS "b"', NOT_OK),
        ({"abc": 1}, 'x CONTAINS "b"', NOT_OK),
        (DAY, 'x CONTAINS "b"', NOT_OK),
    ],
)
def test_it_finds_parts(value: Any, condition: str, answer: tuple[bool, bool]) -> None:
    others = {"m": {"b": 1}, "t": {"b": DAY}}

    assert ask(condition, {"x": value, **others}) == answer


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("m.a", TRUE),
        ("m.z", FALSE),
        ("`m`.`a`", TRUE),
        ("`m.a`", FALSE),
        ("m.b.c", TRUE),
        ("m.d.e", FALSE),
        ("flat.a", TRUE),
        ("`flat.a`", TRUE),
        ("`flat`.`a`", FALSE),
        ("M.a", FALSE),
        ("s.a", FALSE),
    ],
)
def test_maps_are_one_level_deep(name: str, answer: tuple[bool, bool]) -> None:
    values = {
        "m": {"a": 1, "b.c": 1, "d": {"e": 1}},
        "flat.a": 1,
        "s": "text",
    }

    assert ask(f"EXISTS {name}", values) == answer
    assert ask(f"{name} == 1", values) == answer
