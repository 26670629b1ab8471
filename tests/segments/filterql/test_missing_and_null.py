"""A field that is not there, and one that is there and null."""

from __future__ import annotations

import pytest

from tests.segments.filterql.asking import FALSE, NOT_OK, TRUE, ask


@pytest.mark.parametrize(
    ("condition", "missing", "null"),
    [
        ("x == 5", FALSE, FALSE),
        ("x != 5", TRUE, TRUE),
        ("x > 5", FALSE, NOT_OK),
        ("x <= 5", FALSE, NOT_OK),
        ('x == "a"', FALSE, FALSE),
        ('x LIKE "a*"', FALSE, NOT_OK),
        ('x CONTAINS "a"', FALSE, NOT_OK),
        ('x IN ("a")', FALSE, NOT_OK),
        ('x INTERSECTS ("a")', FALSE, NOT_OK),
        ('x < "now-1d"', FALSE, NOT_OK),
        ("NOT (x > 5)", TRUE, NOT_OK),
        ('NOT (x IN ("a"))', TRUE, NOT_OK),
        ('x NOT LIKE "a*"', TRUE, NOT_OK),
        ("NOT (x != 5)", FALSE, FALSE),
        ("x == NULL", FALSE, TRUE),
        ("x != NULL", TRUE, TRUE),
        ("x BETWEEN 1 AND 5", NOT_OK, NOT_OK),
        ("x NOT BETWEEN 1 AND 5", NOT_OK, NOT_OK),
        ("x + 1", NOT_OK, NOT_OK),
        ("x", NOT_OK, FALSE),
        ("NOT x", NOT_OK, NOT_OK),
        ("EXISTS x", FALSE, FALSE),
        ("NOT EXISTS x", TRUE, TRUE),
        ("x IS NULL", TRUE, TRUE),
        ("x IS NOT NULL", FALSE, FALSE),
        ("-x > 5", FALSE, FALSE),
        ("toint(x) > 5", FALSE, FALSE),
    ],
)
def test_one_field(
    condition: str, missing: tuple[bool, bool], null: tuple[bool, bool]
) -> None:
    assert ask(condition, {}) == missing
    assert ask(condition, {"x": None}) == null


@pytest.mark.parametrize(
    ("operator", "both", "right"),
    [
        ("==", FALSE, FALSE),
        ("!=", FALSE, TRUE),
        (">", FALSE, FALSE),
        ("LIKE", FALSE, FALSE),
        ("CONTAINS", NOT_OK, NOT_OK),
        ("IN", NOT_OK, FALSE),
        ("INTERSECTS", NOT_OK, FALSE),
        ("+", NOT_OK, NOT_OK),
        ("AND", NOT_OK, FALSE),
        ("OR", FALSE, NOT_OK),
    ],
)
def test_two_fields(
    operator: str, both: tuple[bool, bool], right: tuple[bool, bool]
) -> None:
    assert ask(f"x {operator} y", {}) == both
    assert ask(f"x {operator} y", {"x": 5}) == right


@pytest.mark.parametrize(
    "present",
    ["", 0, 0.0, False, [], {}, float("nan"), "a", ["a"], {"a": 1}, -(2**31)],
)
def test_whatever_is_not_null_exists(present: object) -> None:
    assert ask("EXISTS x", {"x": present}) == TRUE
    assert ask("x IS NULL", {"x": present}) == FALSE


def test_an_empty_text_equals_null() -> None:
    assert ask("x == NULL", {"x": ""}) == TRUE
    assert ask("x != NULL", {"x": ""}) == FALSE


@pytest.mark.parametrize("value", [5, 5.5, {"a": 1}])
def test_numbers_and_maps_do_not_compare_with_null(value: object) -> None:
    assert ask("x == NULL", {"x": value}) == NOT_OK
    assert ask("x != NULL", {"x": value}) == NOT_OK
