"""+ - * / % and what their results are worth."""

from __future__ import annotations

import math
from typing import Any

import pytest

from segments.filterql.values import FAILED, MISSING
from tests.segments.filterql.asking import FALSE, NOT_OK, TRUE, ask, value_of


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("5 + 4", 9),
        ("5.5 + 4", 9.5),
        ("(4 + 5) / 2", 4),
        ("(0 - 7) / 2", -3),
        ("(0 - 7) % 3", -1),
        ("7.9 % 4", 3.0),
        ("7 / 2.5", 2.8),
        ("5 / 0", None),
        ("5 % 0", MISSING),
        ("5.5 % 0.5", MISSING),
        ("5.5 / 0", math.inf),
        ("(0 - 5.5) / 0", -math.inf),
        ('5 + "6"', 11),
        ('5 / "0"', MISSING),
        ('5 + "6.5"', 11.5),
        ('5 + "$6"', MISSING),
        ('"$6" + 5', 11.0),
        ('"a" + "b"', FAILED),
        ("true + 1", MISSING),
        ("5 + NULL", MISSING),
        ('5.5 + ["5.5"]', True),
        ("9223372036854775807 + 1", -9223372036854775808),
        ("4611686018427387904 * 4", 0),
        ("-5", -5.0),
        ("-true", MISSING),
        ('-"5"', MISSING),
        ("2 + 3 * 4", 14),
    ],
)
def test_it_calculates(expression: str, value: Any) -> None:
    result = value_of(expression)

    assert result == value
    assert type(result) is type(value)


def test_text_that_is_no_number_gives_nan() -> None:
    assert math.isnan(value_of('"a" + 1'))
    assert math.isnan(value_of("(5.5 - 5.5) / 0.0"))


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("x + 1 > 5", TRUE),
        ("x / 0 == 1", FALSE),
        ("x % 0 == 1", FALSE),
        ("x + 1", FALSE),
        ("-x == -5", TRUE),
        ("-x > 5", FALSE),
        ("s + 1", FALSE),
        ('s + "b" == "ab"', NOT_OK),
    ],
)
def test_filters_calculate(condition: str, answer: tuple[bool, bool]) -> None:
    assert ask(condition, {"x": 5, "s": "a"}) == answer
