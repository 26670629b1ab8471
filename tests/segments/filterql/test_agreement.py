"""A filter of its own and one that shares its conditions give the same answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import (
    Answers,
    Compiled,
    Conditions,
    Node,
    SharedFilter,
    compile_filter,
    format_expression,
    nodes,
    parse_filter,
)
from segments.filterql.nodes import Call, walk
from tests.segments.filterql.asking import NOW
from tests.segments.filterql.trees import profiles, trees

INCLUDED = {
    "adult": "x > 5",
    "friend": 'AND (y == "abc", INCLUDE adult)',
    "recent": 'last_seen > "now-3d"',
    "everyone": "*",
    "broken": "INCLUDE gone",
}
TIMED = (
    'x > "now-3d"',
    'last_seen <= "now"',
    'last_seen BETWEEN "now-9d" AND "now-1d"',
    'y == "now-1M"',
)
_parsed = {name: parse_filter(f"FILTER {text}") for name, text in INCLUDED.items()}
_timed = [parse_filter(f"FILTER {text}").expression for text in TIMED]
leaves = st.one_of(
    trees,
    st.sampled_from((*INCLUDED, "gone")).map(nodes.Include),
    st.sampled_from([node for node in _timed if node]),
)


def _larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=4)
    return st.one_of(
        several.map(tuple).map(nodes.AllOf),
        several.map(tuple).map(nodes.AnyOf),
        st.builds(nodes.chained, st.sampled_from(("AND", "OR", "&&")), several),
        inner.map(nodes.negated),
    )


filters = st.recursive(leaves, _larger, max_leaves=6)
moments = st.integers(-20 * 86400, 20 * 86400).map(
    lambda seconds: datetime.fromtimestamp(NOW.timestamp() + seconds, UTC)
)
dated = st.dictionaries(st.sampled_from(("x", "y", "last_seen")), moments, max_size=3)


def _include(name: str) -> Compiled | None:
    return compile_filter(_parsed[name], _include) if name in _parsed else None


class _Shared:
    """Filters over one set of conditions."""

    def __init__(self) -> None:
        self._conditions = Conditions()

    def __call__(self, source: Node) -> SharedFilter:
        return self._conditions.compile(source, self._include)

    def _include(self, name: str) -> SharedFilter | None:
        found = _parsed.get(name)
        return found and self._conditions.compile(found, self._include)


share = _Shared()


def _is_random(node: Node) -> bool:
    return any(isinstance(part, Call) and part.name == "uuid" for part in walk(node))


@settings(max_examples=300, deadline=None)
@given(filters, profiles, dated)
def test_sharing_changes_no_answer(
    node: Node, values: dict[str, Any], dates: dict[str, datetime]
) -> None:
    if _is_random(node):
        return
    values |= dates
    alone, shared = compile_filter(node, _include), share(node)
    answers = Answers(values, NOW)

    assert shared.matches(answers) is alone(values, NOW)
    assert shared.resolved == alone.resolved
    assert shared.fields == alone.fields
    assert shared.uses_now == alone.uses_now
    assert shared.boundary(answers) == alone.boundary(values, NOW)


@settings(max_examples=200, deadline=None)
@given(filters, profiles, dated)
def test_a_printed_filter_answers_as_the_tree_does(
    node: Node, values: dict[str, Any], dates: dict[str, datetime]
) -> None:
    if _is_random(node):
        return
    values |= dates
    written = parse_filter(f"FILTER {format_expression(node)}")

    told = compile_filter(node, _include).evaluate(values, NOW)
    assert compile_filter(written, _include).evaluate(values, NOW) == told


@settings(max_examples=200, deadline=None)
@given(filters, profiles, dated, st.integers(1, 10**7))
def test_no_answer_changes_before_its_boundary(
    node: Node, values: dict[str, Any], dates: dict[str, datetime], seconds: int
) -> None:
    if _is_random(node):
        return
    values |= dates
    asked = compile_filter(node, _include)
    found = asked.boundary(values, NOW)
    later = datetime.fromtimestamp(NOW.timestamp() + seconds, UTC)

    if found is None or later < found:
        assert asked(values, later) is asked(values, NOW)
