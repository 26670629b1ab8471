"""Whatever text and whatever values come: an error of ours or an answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import (
    FilterQLError,
    Node,
    compile_filter,
    from_ast,
    parse_expression,
    parse_filters,
)
from segments.filterql.protocol import answer
from tests.segments.filterql.asking import NOW
from tests.segments.filterql.texts import programs, slips
from tests.segments.filterql.trees import profiles, texts, trees

ENDS_OF_TIME = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
)


def _parse_each_way(text: str) -> None:
    for parse in (parse_filters, parse_expression):
        try:
            parse(text)
        except FilterQLError as error:
            _check(error)


def _check(error: FilterQLError) -> None:
    assert str(error)
    assert error.pretty()
    assert error.line >= 1
    assert error.column >= 1


@settings(max_examples=200, deadline=None)
@given(programs)
def test_the_parser_takes_any_words(text: str) -> None:
    _parse_each_way("FILTER " + text)
    _parse_each_way(text)


@settings(max_examples=200, deadline=None)
@given(slips)
def test_the_parser_takes_slips(text: str) -> None:
    _parse_each_way(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_the_parser_takes_any_characters(text: str) -> None:
    _parse_each_way("FILTER " + text)


@settings(max_examples=300, deadline=None)
@given(trees, profiles)
def test_any_tree_answers_about_any_values(node: Node, values: dict[str, Any]) -> None:
    match, ok = compile_filter(node, lambda name: None).evaluate(values, NOW)

    assert match in (True, False)
    assert ok in (True, False)
    assert ok or not match


@settings(max_examples=100, deadline=None)
@given(
    trees,
    profiles,
    st.datetimes(timezones=st.just(UTC)) | st.sampled_from(ENDS_OF_TIME),
)
def test_any_moment_can_be_the_present(
    node: Node, values: dict[str, Any], now: datetime
) -> None:
    compile_filter(node).evaluate(values, now)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("op", "args", "ident", "val", "$time", "$number", "$list")
            ),
            inner | st.sampled_from(("and", "in", "expr", "between", "*", "-")),
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_any_json_is_read_or_refused(tree: Any) -> None:
    try:
        from_ast(tree)
    except FilterQLError as error:
        _check(error)


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {"ql": programs | st.text(max_size=20)},
        optional={
            "context": json_values,
            "types": json_values,
            "now": json_values,
            "includes": programs,
        },
    )
)
def test_any_question_is_answered(question: dict[str, Any]) -> None:
    reply = answer(json.dumps(question), lambda: NOW)

    assert json.dumps(reply)
    assert ("error" in reply) != ("match" in reply)
