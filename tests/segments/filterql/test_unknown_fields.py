"""Warnings for fields that nobody has seen."""

from __future__ import annotations

import pytest

from segments.filterql import parse_expression, parse_filter, unknown_fields

KNOWN = ("email", "visits", "scores.momentum", "scores.propensity", "address", "a.b.c")


@pytest.mark.parametrize(
    "condition",
    [
        "visits > 5",
        "scores.momentum > 5",
        "EXISTS scores",
        "address.city == email",
        "`a`.`b.c` == 1",
        "`address`.`first line` == 1",
    ],
)
def test_known_fields_are_no_warning(condition: str) -> None:
    assert unknown_fields(parse_filter(f"FILTER {condition}"), KNOWN) == []


@pytest.mark.parametrize(
    ("condition", "name", "meant"),
    [
        ("emial == 5", "emial", "email"),
        ("scores.momentun > 5", "scores.momentun", "scores.momentum"),
        ("toint(`vists`) > 5", "vists", "visits"),
        ("x.address > 5", "x.address", "address"),
        ("Email == 5", "Email", "email"),
        ("shoe_size > 40", "shoe_size", ""),
    ],
)
def test_an_unknown_field_is_named_with_what_was_meant(
    condition: str, name: str, meant: str
) -> None:
    (found,) = unknown_fields(parse_filter(f"FILTER {condition}"), KNOWN)

    assert (found.name, found.suggestion) == (name, meant)
    assert found.message.startswith(f"unknown field {name}")
    assert found.message.endswith(f"Did you mean {meant}?" if meant else name)


def test_each_stands_at_its_place() -> None:
    text = "FILTER AND (\n  visits > 5\n  one > 5\n  NOT two IN (1, three)\n)"

    found = unknown_fields(parse_filter(text), KNOWN)

    places = [(field.name, field.line, field.column) for field in found]
    assert places == [("one", 3, 3), ("two", 4, 7), ("three", 4, 18)]


def test_no_filter_has_no_unknown_fields() -> None:
    assert unknown_fields(None, KNOWN) == []
    assert unknown_fields(parse_expression('"text" == 5'), ()) == []
