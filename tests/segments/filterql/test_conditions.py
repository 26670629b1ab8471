"""The fast ways through conditions give the answers of the general way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segments.filterql import Conditions, Node, compile_filter
from segments.filterql.nodes import (
    COMPARISONS,
    MATCHERS,
    Array,
    Between,
    Binary,
    Call,
    Exists,
    Field,
    Group,
    Not,
    Null,
    Number,
    Text,
)
from tests.segments.filterql.asking import NOW
from tests.segments.filterql.oracle import alike, oracle, tree
from tests.segments.filterql.trees import literals, values

EAST = timezone(timedelta(hours=5, minutes=30))
WESTERN = NOW.astimezone(timezone(-timedelta(hours=8)))
dates = st.sampled_from(
    (
        *("now-1d", "now", "now+3h", "NOW-1M", "now-2000y", "now+9000y", "now-1x"),
        *("2026-05-20", "2026-05-19T12:00:00Z", "9999-12-31T23:59:59Z", "20:00"),
    )
).map(Text)
moments = st.one_of(
    dates,
    st.just(Call("now", ())),
    dates.map(lambda text: Call("todate", (text,))),
)
patterns = st.sampled_from(
    ("a*", "%b", "*a*", "a", "*", "", "a*b", "?", "[ab]", "[a", "a\\", "a\\*", "**a")
).map(Text)
groups = st.lists(literals, max_size=3).map(tuple).map(Group)
arrays = (
    st.lists(st.sampled_from((Text("a"), Number(5), Number(6.5))), min_size=1)
    .map(tuple)
    .map(Array)
)
constants = st.one_of(literals, moments, patterns, groups, arrays)
fields = st.sampled_from(
    (Field("x"), Field("m.x"), Field("m.x", whole=True), Field("m", "x"))
)
near = st.builds(
    lambda days, seconds, zone: (
        NOW - timedelta(days=days) + timedelta(milliseconds=250 * seconds)
    ).replace(tzinfo=zone),
    st.integers(-1, 2),
    st.integers(-9, 9),
    st.sampled_from((UTC, None, EAST)),
)
strings = st.sampled_from(("a", "b", "ab", "aab", "", "5", "6.5", "2026-05-20"))
several = st.lists(strings | st.sampled_from((None, 5, 6.5, [1], NOW)), max_size=3)
kept = st.one_of(
    values,
    near,
    strings,
    several,
    st.sampled_from((2**53, 2**53 + 1, -(2**63), 10**400, float("nan"), 5, 5.0, True)),
)


def _check(node: Node, values: dict[str, Any], now: datetime = NOW) -> None:
    expected = oracle(node, values, now)
    holds, fails = compile_filter(node), compile_filter(Not(node))
    condition = Conditions().compile(node).conditions[0]

    assert alike(condition.evaluate(values, now), expected)
    assert holds.matches(values, now) is (expected is True)
    assert fails.matches(values, now) is (expected is False)


def _check_all(node: Node, name: str, value: Any, now: datetime) -> None:
    _check(node, {}, now)
    _check(node, {name: value}, now)
    _check(node, {"m": {"x": value}}, now)
    _check(node, {"m": {}, name: None}, now)


@settings(max_examples=1500, deadline=None)
@given(
    st.sampled_from((*COMPARISONS, *MATCHERS)),
    constants,
    kept,
    fields,
    st.sampled_from((NOW, WESTERN)),
)
@example("IN", Group((Null(),)), "a", Field("x"), NOW)
@example("!=", Call("todate", (Text("now+9000y"),)), 1, Field("x"), NOW)
@example("==", Text("5.5"), 10**400, Field("x"), NOW)
@example(">", Call("todate", (Text("now+9000y"),)), None, Field("x"), NOW)
def test_a_field_beside_a_constant(
    operator: str, constant: Node, value: Any, field: Field, now: datetime
) -> None:
    _check_all(Binary(operator, field, constant), field.name, value, now)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(COMPARISONS), constants, kept, fields)
def test_a_constant_beside_a_field(
    operator: str, constant: Node, value: Any, field: Field
) -> None:
    _check_all(Binary(operator, constant, field), field.name, value, NOW)


@settings(max_examples=700, deadline=None)
@given(literals | moments, literals | moments, kept, fields)
@example(Text("now-3d"), Text("now+9000y"), NOW - timedelta(days=9), Field("x"))
def test_between_constants(low: Node, high: Node, value: Any, field: Field) -> None:
    _check_all(Between(field, low, high), field.name, value, NOW)


@settings(max_examples=200, deadline=None)
@given(kept, fields)
def test_a_field_and_whether_it_exists(value: Any, field: Field) -> None:
    _check_all(field, field.name, value, NOW)
    _check_all(Exists(field), field.name, value, NOW)


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("x > 5", 6),
        ("x != 5", 6.5),
        ('x == "a"', "a"),
        ('x IN ("a", "b")', "b"),
        ('x LIKE "a*"', "abc"),
        ('x CONTAINS "b"', ["abc"]),
        ("x BETWEEN 1 AND 9", 3),
        ('x > "now-1d"', NOW),
        ('x BETWEEN "now-1d" AND "2027-01-01"', NOW),
        ('NOT (x < "2020-01-01")', NOW),
        ("EXISTS x", 0),
    ],
)
def test_the_usual_types_do_not_go_the_general_way(
    condition: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("compare", "match", "to_time"):
        monkeypatch.setattr(f"segments.filterql.closures.{name}", _refused)

    assert compile_filter(tree(condition)).matches({"x": value}, NOW)


def _refused(*given: Any) -> Any:
    raise AssertionError("the general way was gone")
