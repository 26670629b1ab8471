"""An answer depends on what the filter says it depends on, and on nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import EVERY_FIELD, Node, compile_filter, fields_of, uses_now
from segments.filterql.nodes import Call, walk
from tests.segments.filterql.asking import NOW
from tests.segments.filterql.trees import profiles, trees

moments = st.integers(0, 2**31).map(lambda second: datetime.fromtimestamp(second, UTC))


def _is_random(node: Node) -> bool:
    return any(isinstance(part, Call) and part.name == "uuid" for part in walk(node))


@settings(max_examples=300, deadline=None)
@given(trees, profiles, profiles)
def test_fields_that_are_not_named_do_not_matter(
    node: Node, values: dict[str, Any], others: dict[str, Any]
) -> None:
    named = fields_of(node)
    if EVERY_FIELD in named or _is_random(node):
        return
    asked = compile_filter(node)
    seen = {name: value for name, value in values.items() if name in named}
    mixed = others | seen

    for name in named - values.keys():
        mixed.pop(name, None)
    assert asked.evaluate(mixed, NOW) == asked.evaluate(values, NOW)


@settings(max_examples=300, deadline=None)
@given(trees, profiles, moments)
def test_time_does_not_matter_to_filters_without_a_clock(
    node: Node, values: dict[str, Any], later: datetime
) -> None:
    """A text such as "now-1d" in a field moves with time, and nobody can foresee it."""
    if uses_now(node) or _is_random(node) or "now" in repr(values).lower():
        return
    asked = compile_filter(node)

    assert asked.evaluate(values, later) == asked.evaluate(values, NOW)
