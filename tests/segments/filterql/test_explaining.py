"""Why a filter matches or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings

from segments.filterql import (
    Change,
    Conditions,
    Explained,
    Explanation,
    Kind,
    Node,
    Reading,
    explain,
    format_expression,
    parse_filter,
)
from tests.segments.filterql.asking import NOW
from tests.segments.filterql.oracle import oracle, tree
from tests.segments.filterql.trees import profiles, trees

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def explained(text: str, values: dict[str, Any], **included: str) -> Explained:
    named = {name: parse_filter(f"FILTER {each}") for name, each in included.items()}
    return explain(parse_filter(f"FILTER {text}"), named.get, values, NOW)


def root(text: str, values: dict[str, Any], **included: str) -> Explanation:
    found = explained(text, values, **included).root
    assert found is not None
    return found


def test_it_tells_each_condition_with_its_values() -> None:
    found = root(
        'AND (visits > 5, NOT (plan == "free"), gone BETWEEN 1 AND 2)',
        {"visits": 6, "plan": "pro"},
    )

    assert (found.kind, found.answer) == (Kind.AND, None)
    assert [(part.kind, part.text, part.answer) for part in found.parts] == [
        (Kind.CONDITION, "visits > 5", True),
        (Kind.NOT, 'NOT (plan == "free")', True),
        (Kind.CONDITION, "gone BETWEEN 1 AND 2", None),
    ]
    assert found.parts[0].readings == (Reading("visits", 6, False),)
    (inner,) = found.parts[1].parts
    assert (inner.answer, inner.readings) == (False, (Reading("plan", "pro", False),))
    assert found.parts[2].readings == (Reading("gone", None, True),)


def test_it_tells_when_it_changes_and_to_what() -> None:
    found = explained(
        'AND (x > "now-7d", OR (y == 1, x > "now-2d"))', {"x": NOW - DAY, "y": 1}
    )

    assert (found.match, found.change) == (True, Change(NOW + 6 * DAY, False))
    assert found.seen_until is None
    assert found.root is not None
    assert found.root.change == Change(NOW + 6 * DAY, False)
    recent, either = found.root.parts
    assert recent.change == Change(NOW + 6 * DAY, False)
    assert either.change is None
    assert [part.change for part in either.parts] == [None, Change(NOW + DAY, False)]


def test_it_tells_what_is_still_to_come() -> None:
    found = explained('x < "now-7d"', {"x": NOW - DAY})

    assert (found.match, found.change) == (False, Change(NOW + 6 * DAY + SECOND, True))


def test_it_says_how_far_it_looked() -> None:
    found = explained("hourofday() == 25", {})

    assert found.change is None
    assert found.seen_until == NOW + 1_500 * HOUR


def test_it_explains_what_is_included() -> None:
    found = root(
        "NOT INCLUDE other", {"x": 1}, other="x == 1 OR INCLUDE third", third="y"
    )

    assert (found.kind, found.answer) == (Kind.NOT, False)
    (include,) = found.parts
    assert (include.kind, include.text, include.answer) == (
        Kind.INCLUDE,
        "INCLUDE other",
        True,
    )
    (other,) = include.parts
    assert (other.kind, other.answer) == (Kind.OR, True)
    assert [part.answer for part in other.parts] == [True, None]
    assert other.parts[1].parts[0].readings == (Reading("y", None, True),)


def test_circles_and_unknown_filters_are_not_evaluable() -> None:
    for text in ("INCLUDE a", "INCLUDE nobody"):
        found = root(text, {}, a="INCLUDE b", b="INCLUDE a")
        assert found.answer is None
    assert explained("NOT INCLUDE a", {}, a="INCLUDE a").match is False


def test_many_ways_to_one_filter_take_no_end_of_time() -> None:
    named = {f"s{n}": f"AND (INCLUDE s{n + 1}, INCLUDE t{n})" for n in range(12)}
    named |= {f"t{n}": f"INCLUDE s{n + 1}" for n in range(12)}

    found = explained("INCLUDE s0", {"x": 1}, **named, s12="x == 1")

    assert found.match
    assert len(repr(found)) < 10_000_000


def test_a_filter_without_conditions_matches_nobody() -> None:
    found = explain(None, lambda name: None, {}, NOW)

    assert (found.match, found.change, found.root) == (False, None, None)
    assert root("*", {}).kind is Kind.EVERYONE


@settings(max_examples=150, deadline=None)
@given(trees, profiles)
def test_any_filter_can_be_explained(node: Node, values: dict[str, Any]) -> None:
    filter_ = Conditions().compile(node)

    found = explain(node, lambda name: None, values, NOW)

    assert found.match is (oracle(node, values) is True)
    assert found.root is not None
    assert found.root.text == format_expression(node)
    assert (found.root.answer is True) is found.match
    assert filter_.recurs or found.seen_until is None


def test_it_reads_fields_as_the_condition_does() -> None:
    found = root("m.a == 1 AND `m.a` == 1", {"m": {"a": 1}})

    assert [part.readings for part in found.parts] == [
        (Reading("m.a", 1, False),),
        (Reading("`m.a`", None, True),),
    ]
    assert oracle(tree("m.a == 1"), {"m": {"a": 1}}) is True
