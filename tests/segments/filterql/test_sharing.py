"""Filters that share their conditions answer as each of them alone."""

from __future__ import annotations

import gc
from datetime import timedelta
from itertools import product
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import (
    Answers,
    Compiled,
    Condition,
    Conditions,
    FilterQLError,
    SharedFilter,
    Steps,
    compile_filter,
    moved_along,
    parse_filter,
)
from segments.filterql.nodes import AllOf, AnyOf, Chain, Node, Not
from segments.filterql.values import MISSING
from tests.segments.filterql.asking import NOW
from tests.segments.filterql.oracle import alike, oracle, tree
from tests.segments.filterql.trees import profiles, trees

DAY = timedelta(days=1)


def shared(
    *texts: str, conditions: Conditions | None = None, **includes: str
) -> list[SharedFilter]:
    """Filters compiled together, with others that they may include."""
    together = conditions or Conditions()
    named = {name: parse_filter(f"FILTER {text}") for name, text in includes.items()}

    def include(name: str) -> SharedFilter | None:
        return together.compile(named[name], include) if name in named else None

    return [together.compile(parse_filter(f"FILTER {t}"), include) for t in texts]


def test_equal_conditions_are_one_wherever_they_stand() -> None:
    one, other = shared(
        'AND (x > 5, NOT (name LIKE "a*"))', 'OR (name LIKE "a*", y == 1, x>5 )'
    )

    assert set(one.conditions) < set(other.conditions)
    assert len(other.conditions) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [("x == 5", "x == 6"), ("x == 5", 'x == "5"'), ("a.b == 1", "`a.b` == 1")],
)
def test_conditions_that_only_look_alike_are_two(one: str, other: str) -> None:
    first, second = shared(one, other)

    assert first.conditions != second.conditions


def test_a_condition_is_evaluated_once_a_profile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filters = shared("x > 5", "AND (x > 5, y == 1)", "NOT (x > 5)")
    counted = Counting({"x": 6, "y": 1})
    answers = Answers(counted, NOW)

    assert [each.matches(answers) for each in filters] == [True, True, False]
    assert counted.asked == ["x", "y"]


def test_answers_that_are_forgotten_are_found_anew() -> None:
    (recent,) = shared('x > "now-1d"')
    values: dict[str, Any] = {"x": NOW}
    answers = Answers(values, NOW)
    assert recent.matches(answers)
    assert recent.boundary(answers) == NOW + DAY

    values["x"] = NOW - 2 * DAY
    assert recent.matches(answers)
    answers.forget(recent.conditions)

    assert not recent.matches(answers)
    assert recent.boundary(answers) is None


def test_conditions_that_nobody_uses_are_forgotten() -> None:
    conditions = Conditions()
    filters = shared("x > 5", conditions=conditions)
    kept = filters[0].conditions[0]
    assert shared("x > 5", conditions=conditions)[0].conditions == (kept,)

    known = conditions._known
    assert len(known) == 1
    del filters, kept
    gc.collect()

    assert len(known) == 0


def test_a_filter_depends_on_what_it_includes() -> None:
    (filter_,) = shared(
        "AND (INCLUDE recent, y > 5)",
        recent='x > "now-1d" AND INCLUDE other',
        other="z",
    )

    assert filter_.fields == {"x", "y", "z"}
    assert filter_.uses_now
    assert filter_.resolved
    assert [each.uses_now for each in filter_.conditions] == [True, False, False]


def test_an_unknown_filter_is_not_resolved() -> None:
    one, other = shared("INCLUDE nobody", "INCLUDE broken", broken="INCLUDE nobody")

    assert not one.resolved
    assert not other.resolved
    assert not other.matches(Answers({}, NOW))


def test_a_circle_is_an_error() -> None:
    with pytest.raises(FilterQLError, match="a -> b -> a"):
        shared("INCLUDE a", a="INCLUDE b", b="INCLUDE a")


def test_an_include_within_a_condition_is_no_condition_of_others() -> None:
    conditions = Conditions()
    (one,) = shared("(INCLUDE a) == true", conditions=conditions, a="x > 5")
    (other,) = shared("(INCLUDE a) == true", conditions=conditions, a='x < "now-1d"')

    assert one.matches(Answers({"x": 6}, NOW))
    assert one.fields == {"x"}
    assert not other.matches(Answers({"x": 6}, NOW))
    assert other.boundary(Answers({"x": NOW}, NOW)) == NOW + DAY + timedelta(seconds=1)


def test_time_leaves_most_conditions_as_they_are() -> None:
    (filter_,) = shared('AND (x > "now-1d", y == 1, x < "now+1d")')
    values = Counting({"x": NOW, "y": 1})

    assert filter_.boundary(Answers(values, NOW)) == NOW + DAY
    assert values.asked.count("y") == 1


@pytest.mark.parametrize("depth", [1, 5, 6, 7, 12, 13, 47])
def test_deep_logic(depth: int) -> None:
    node, failing = tree("x == 1"), tree('y > "b"')
    for level in range(depth):
        node = Chain("OR", (node, *[failing] * 7))
        node = AllOf((node, failing)) if level % 2 else Not(AllOf((node, Not(failing))))
    filter_ = Conditions().compile(node)
    compiled = compile_filter(node)

    for values in ({"x": 1}, {"x": 2}, {"y": NOW}, {"y": "a"}, {"x": 1, "y": 3}):
        answers = Answers(values, NOW)
        assert filter_.matches(answers) is (filter_.value(answers) is True)
        assert filter_.value(answers) is oracle(node, values)
        assert compiled.matches(values, NOW) is filter_.matches(answers)


@pytest.mark.parametrize("kind", [AllOf, AnyOf, "AND", "OR"])
@pytest.mark.parametrize("count", [250, 251, 1200])
def test_wide_logic(kind: Any, count: int) -> None:
    items = tuple(tree(f'x{number} > "b"') for number in range(count))
    node = Chain(kind, items) if isinstance(kind, str) else kind(items)
    filter_, compiled = Conditions().compile(node), compile_filter(node)

    for last in (NOW, "a", None, True):
        values = {f"x{number}": "a" for number in range(count)}
        values[f"x{count - 1}"] = last
        answers = Answers(values, NOW)
        assert filter_.value(answers) is oracle(node, values)
        assert compiled.matches(values, NOW) is (oracle(node, values) is True)


def test_the_widest_filter_is_compiled_soon() -> None:
    started = process_time()
    node = AllOf(tuple(tree("x == 5") for _ in range(100)) * 300)

    assert compile_filter(node).matches({"x": 5}, NOW)
    assert process_time() - started < 10


class Counting(dict[str, Any]):
    """Values that tell which fields were read."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.asked: list[str] = []

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.append(name)
        return super().get(name, default)


NAMED: dict[str, Node] = {}


def logic(conditions: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    maybe = st.builds(lambda node, no: Not(node) if no else node, conditions, few)
    return st.recursive(
        maybe,
        lambda inner: st.builds(
            _group,
            st.sampled_from(("all", "any", "AND", "OR", "OR", "&&")),
            st.lists(inner, min_size=2, max_size=4).map(tuple),
            few,
        ),
        max_leaves=8,
    )


few = st.sampled_from((False, False, False, True))


def _group(kind: str, items: tuple[Node, ...], no: bool) -> Node:
    groups = {"all": AllOf, "any": AnyOf}
    node = groups[kind](items) if kind in groups else Chain(kind, items)
    return Not(node) if no else node


# What gives every kind of value: true, false, missing, failed, null, numbers, texts.
simple = st.sampled_from(
    [
        tree(text)
        for text in (
            *("x > 5", "x == 5", "NOT x > 5", 'x > "b"', 'x < "now-1d"', "x", "y"),
            *("EXISTS x", "x BETWEEN 1 AND 9", 'x LIKE "[a"', "5 LIKE 5", '"a"', "*"),
            *('x IN ("a", 5)', 'y CONTAINS "a"', "true", "INCLUDE known", "0", "7"),
            *("NOT INCLUDE known", "INCLUDE nobody", "INCLUDE everyone", "y != 1"),
        )
    ]
)
few_values = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from((None, 1, 5, 6.5, "a", "c", "", True, False, NOW, ["a"]))
        for name in ("x", "y")
    },
)


@pytest.mark.parametrize("operator", ["AND", "OR", "&&"])
@pytest.mark.parametrize("count", [2, 3])
def test_chains_over_every_kind_of_answer(operator: str, count: int) -> None:
    kinds = ('{} > "2020-01-01"', "{} > 5", "{}", "{} LIKE 5")
    given = (MISSING, None, NOW, NOW - 4000 * DAY, "a", 5, 6, True, False)
    for forms in product(kinds, repeat=count):
        names = "abc"[:count]
        conditions = map(str.format, forms, names)
        node = Chain(operator, tuple(map(tree, conditions)))
        holds, fails = compile_filter(node).matches, compile_filter(Not(node)).matches
        for held in product(given, repeat=count):
            values = dict(zip(names, held, strict=True))
            values = {
                name: value for name, value in values.items() if value is not MISSING
            }
            expected = oracle(node, values)
            assert holds(values, NOW) is (expected is True)
            assert fails(values, NOW) is (expected is False)


@settings(max_examples=600, deadline=None)
@given(logic(simple), logic(simple), few_values)
def test_any_logic_answers_as_its_tree(
    node: Node, known: Node, values: dict[str, Any]
) -> None:
    NAMED.clear()
    NAMED["everyone"] = tree("*")
    if not any_include(known):
        NAMED["known"] = known
    _check_both(node, values)


@settings(max_examples=300, deadline=None)
@given(trees, profiles)
def test_any_tree_answers_as_its_nodes(node: Node, values: dict[str, Any]) -> None:
    NAMED.clear()
    _check_both(node, values)


def any_include(node: Node) -> bool:
    return "Include" in repr(node)


def _check_both(node: Node, values: dict[str, Any]) -> None:
    together = Conditions()

    def include(name: str) -> SharedFilter | None:
        return together.compile(NAMED[name], include) if name in NAMED else None

    def include_compiled(name: str) -> Compiled | None:
        if name not in NAMED:
            return None
        return compile_filter(NAMED[name], include_compiled)

    expected = oracle(node, values, included=NAMED)
    for asked in (node, Not(node)):
        matches = compile_filter(asked, include_compiled).matches(values, NOW)
        assert matches is (oracle(asked, values, included=NAMED) is True)
    filter_ = together.compile(node, include)
    answers = Answers(values, NOW)

    assert filter_.matches(answers) is (expected is True)
    assert alike(filter_.value(answers), expected)
    assert (filter_.condition(answers) is MISSING) is (type(expected) is not bool)
    for condition in filter_.conditions:
        assert isinstance(condition, Condition)


def test_a_filter_that_is_included_on_many_ways_is_answered_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together = Conditions()
    named: dict[str, SharedFilter] = {}
    depth = 18
    for level in range(depth):
        for side in "ab":
            below = [f"INCLUDE {each}{level - 1}" for each in "ab"] if level else ["x"]
            text = f"FILTER OR ({', '.join(below)}, {side} == {level})"
            named[f"{side}{level}"] = together.compile(parse_filter(text), named.get)
    asked: list[SharedFilter] = []
    value = SharedFilter.value

    def counted(self: SharedFilter, answers: Answers) -> Any:
        asked.append(self)
        return value(self, answers)

    monkeypatch.setattr(SharedFilter, "value", counted)
    top = named[f"a{depth - 1}"]
    answers = Answers({"x": False}, NOW)
    assert not top.matches(answers)
    assert len(asked) == len(set(asked)) == 2 * (depth - 1)

    answers = Answers({"x": False, "b": 0}, NOW)
    assert top.matches(answers)
    answers.forget(top.conditions)
    assert top.matches(answers)


def test_what_was_included_is_answered_anew_when_a_field_changes() -> None:
    (outer,) = shared("INCLUDE inner", inner="x > 5")
    values = {"x": 9}
    answers = Answers(values, NOW)
    assert outer.matches(answers)
    values["x"] = 1
    answers.forget(outer.conditions)
    assert not outer.matches(answers)


def test_the_same_changes_at_other_instants_are_told_with_both() -> None:
    (active,) = shared('seen > "now-7d"')
    (condition,) = active.conditions

    def steps(days_ago: int) -> Steps:
        values = {"seen": NOW - days_ago * DAY}
        return Answers(values, NOW).steps(condition)

    assert moved_along(steps(3), steps(1)) == {NOW + 4 * DAY: NOW + 6 * DAY}
    assert moved_along(steps(9), steps(8)) == {}
    assert moved_along(steps(9), steps(1)) is None


def test_other_changes_are_not_the_same_that_moved() -> None:
    later, sooner = shared('seen > "now-7d"', 'seen < "now-7d"')
    answers = Answers({"seen": NOW - DAY}, NOW)
    (leaves,), (enters,) = later.conditions, sooner.conditions
    assert moved_along(answers.steps(leaves), answers.steps(enters)) is None


def test_a_filter_tells_the_one_condition_that_time_changes_it_by() -> None:
    one, two, none = shared(
        'AND (plan = "pro", seen > "now-7d")',
        'AND (seen > "now-7d", bought > "now-1d")',
        'plan = "pro"',
    )
    assert one.clocked_by is not None
    assert one.clocked_by.fields == {"seen"}
    assert [each.clocked_by for each in (two, none)] == [None] * 2
