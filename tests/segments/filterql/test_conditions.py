"""The fast ways through conditions give the answers of the general way."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from segments.filterql import compile_filter
from segments.filterql.constants import constant_of
from segments.filterql.nodes import (
    COMPARISONS,
    MATCHERS,
    Between,
    Binary,
    Field,
    Group,
    Node,
    Null,
)
from tests.segments.filterql.asking import NOW
from tests.segments.filterql.trees import literals, values

groups = st.lists(literals, max_size=3).map(tuple).map(Group)
fields = st.sampled_from((Field("x"), Field("m.x")))


@settings(max_examples=500, deadline=None)
@given(st.sampled_from((*COMPARISONS, *MATCHERS)), literals | groups, values, fields)
@example("IN", Group((Null(),)), "a", Field("x"))
def test_a_field_against_a_constant(
    operator: str, constant: Node, value: Any, field: Field
) -> None:
    profile: dict[str, Any] = {}
    fast = compile_filter(Binary(operator, field, constant))
    general = compile_filter(Binary(operator, field, _hidden(constant, profile)))
    present = {**profile, field.name: value}

    assert _same(fast.value(present, NOW), general.value(present, NOW))
    assert _same(fast.value(profile, NOW), general.value(profile, NOW))


@settings(max_examples=300, deadline=None)
@given(literals, literals, values)
def test_between_constants(low: Node, high: Node, value: Any) -> None:
    profile = {"x": value}
    fast = compile_filter(Between(Field("x"), low, high))
    general = compile_filter(
        Between(Field("x"), _hidden(low, profile), _hidden(high, profile))
    )

    assert _same(fast.value(profile, NOW), general.value(profile, NOW))


def _hidden(constant: Node, profile: dict[str, Any]) -> Node:
    """The same value by way of a field, so that it is not seen to be constant."""
    if isinstance(constant, Group):
        return Group(tuple(_hidden(item, profile) for item in constant.items))
    name = f"hidden{len(profile)}"
    profile[name] = constant_of(constant)
    return Field(name)


def _same(one: Any, other: Any) -> bool:
    return one is other or (one == other and type(one) is type(other))
