"""AND, OR and NOT over conditions that hold, do not, or cannot be evaluated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.segments.filterql.asking import FALSE, NOT_OK, TRUE, ask

BAD = "gone BETWEEN 1 AND 2"
ONE = {"x": 1, "y": 0, "s": "a", "b": True}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("AND ()", TRUE),
        ("OR ()", FALSE),
        ("NOT AND ()", FALSE),
        (f"AND ({BAD}, x == 2)", NOT_OK),
        (f"AND (x == 2, {BAD})", FALSE),
        (f"AND (x == 1, {BAD})", NOT_OK),
        (f"NOT AND (x == 1, {BAD})", NOT_OK),
        (f"OR ({BAD}, x == 1)", TRUE),
        (f"OR ({BAD}, x == 2)", FALSE),
        (f"OR ({BAD})", NOT_OK),
        (f"NOT OR ({BAD}, x == 2)", TRUE),
        ("AND (x, x == 1)", NOT_OK),
        ("AND (b, x == 1)", TRUE),
        ("OR (x, x == 1)", TRUE),
        ('AND (x == 1, s > "a")', NOT_OK),
        ('OR (x == 1, s > "a")', TRUE),
        ('NOT (s > "a")', NOT_OK),
        (f"{BAD} OR x == 1", TRUE),
        (f"{BAD} OR x == 2", FALSE),
        (f"x == 1 OR {BAD}", TRUE),
        (f"{BAD} AND x == 1", FALSE),
        (f"x == 1 AND {BAD}", FALSE),
        (f"{BAD} AND {BAD}", NOT_OK),
        (f"{BAD} OR {BAD}", FALSE),
        ('s > "a" OR x == 1', NOT_OK),
        ("x AND y", FALSE),
        ("x OR y", TRUE),
        ("x && x", FALSE),
        ("b && x == 1", TRUE),
        ("s OR s", FALSE),
        ('s > "a"', FALSE),
        ("x", FALSE),
        ("b", TRUE),
        ("NOT b", FALSE),
        ("NOT x", NOT_OK),
        ("NOT NOT b", TRUE),
        ("true", TRUE),
        ("*", TRUE),
        ("", NOT_OK),
    ],
)
def test_it_combines(condition: str, answer: tuple[bool, bool]) -> None:
    assert ask(condition, ONE) == answer


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("money AND one", TRUE),
        ("money AND nought", FALSE),
        ("word OR nought", TRUE),
        ("word && one", NOT_OK),
        ("word OR yes", FALSE),
        ("word OR day", NOT_OK),
        ("word AND word", FALSE),
        ("nought OR one", TRUE),
        ("nought AND one", FALSE),
        ("one AND money", NOT_OK),
        ("one AND word", NOT_OK),
        ("one OR yes", NOT_OK),
        ("one OR null", NOT_OK),
        ("one && nought", NOT_OK),
        ("half AND numbers", TRUE),
        ("half && numbers", TRUE),
        ("nought OR numbers", FALSE),
        ("numbers OR yes", FALSE),
        ("words AND yes", FALSE),
        ("words OR gone", FALSE),
        ("null OR yes", TRUE),
        ("null AND yes", FALSE),
        ("null && yes", NOT_OK),
        ("null OR null", FALSE),
        ("yes OR null", TRUE),
        ("yes AND null", FALSE),
        ("yes && null", NOT_OK),
        ("yes && yes", TRUE),
        ("yes OR one", NOT_OK),
        ("day OR yes", NOT_OK),
        ("map AND yes", NOT_OK),
        ("gone OR yes", TRUE),
        ("gone OR one", FALSE),
        ("yes OR gone", TRUE),
        ("gone && yes", FALSE),
    ],
)
def test_infix_operators_work_on_values(
    condition: str, answer: tuple[bool, bool]
) -> None:
    values = {
        "one": 1,
        "nought": 0.0,
        "half": 0.5,
        "yes": True,
        "money": "$5",
        "word": "abc",
        "null": None,
        "numbers": [0.5, 1],
        "words": ["a"],
        "map": {"a": 1},
        "day": datetime(2015, 12, 18, tzinfo=UTC),
    }

    assert ask(condition.replace("null", "`null`"), values) == answer


@pytest.mark.parametrize(
    ("a", "b", "c", "answer"),
    [(1, 0, 0, TRUE), (0, 1, 1, TRUE), (0, 1, 0, FALSE), (1, 0, 1, TRUE)],
)
def test_and_binds_tighter_than_or(
    a: int, b: int, c: int, answer: tuple[bool, bool]
) -> None:
    values = {"a": a, "b": b, "c": c}

    assert ask("a == 1 OR b == 1 AND c == 1", values) == answer
