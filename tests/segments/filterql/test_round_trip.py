"""Parse, print, parse gives the same tree; so does the JSON form."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import (
    FilterQLError,
    Node,
    Statement,
    format_filter,
    from_ast,
    parse_filter,
    parse_filters,
    to_ast,
)
from segments.filterql.nodes import Binary, Text
from tests.segments.filterql.texts import programs
from tests.segments.filterql.trees import names, texts, trees

attributes = st.dictionaries(
    names, texts | st.booleans() | st.integers(-9, 9) | st.none(), max_size=3
)


@settings(max_examples=200, deadline=None)
@given(trees)
def test_a_printed_tree_reads_as_the_same_tree(node: Node) -> None:
    text = format_filter(Statement(node))

    assert parse_filter(text).expression == node


@settings(max_examples=300, deadline=None)
@given(programs)
def test_whatever_is_read_is_written_as_itself(text: str) -> None:
    """Printing it once is enough: what is printed prints as itself, and so does JSON."""
    try:
        statements = parse_filters(f"FILTER {text.removeprefix('FILTER')}")
    except FilterQLError:
        return
    for statement in statements:
        try:
            printed = format_filter(statement)
        except FilterQLError:
            continue
        assert parse_filter(printed) == statement
        assert format_filter(parse_filter(printed)) == printed
        if statement.expression is not None:
            tree = json.loads(json.dumps(to_ast(statement)))
            assert from_ast(tree) == statement.expression


@settings(max_examples=200, deadline=None)
@given(trees)
def test_the_json_form_loses_nothing(node: Node) -> None:
    tree = json.loads(json.dumps(to_ast(node)))

    assert from_ast(tree) == node


@settings(max_examples=100, deadline=None)
@given(
    st.builds(
        Statement,
        expression=trees,
        table=st.none() | names,
        limit=st.none() | st.integers(0, 1000),
        with_=attributes,
        alias=st.none() | names,
        description=st.from_regex(r"( [a-z ]+)?", fullmatch=True),
    )
)
def test_a_printed_statement_reads_as_the_same_statement(statement: Statement) -> None:
    assert parse_filter(format_filter(statement)) == statement


def test_a_list_of_one_pattern_is_that_pattern() -> None:
    for text in ('x LIKE ("a",)', 'x LIKE (, "a")', 'x CONTAINS ("a")'):
        expression = parse_filter(f"FILTER {text}").expression

        assert isinstance(expression, Binary)
        assert expression.right == Text("a")
    assert format_filter(parse_filter("FILTER x LIKE (,)")) == "FILTER x LIKE ()"


@pytest.mark.parametrize("name", ["5`", " 5d`", "-5`", '"a`', "]`"])
def test_a_name_that_would_begin_an_array_is_in_single_quotes(name: str) -> None:
    statement = parse_filter(f"FILTER '{name}' == 1")

    assert parse_filter(format_filter(statement)) == statement


def test_printing_again_changes_nothing() -> None:
    text = """
        -- people who are about to leave
        filter and (last_seen < "now-30d"
            not email in ('a', "b") , or (x>=5  y<>6)
        ) from user with kind="segment" alias Leaving
    """
    once = format_filter(parse_filter(text))

    assert format_filter(parse_filter(once)) == once
    assert once == (
        "-- people who are about to leave\n"
        'FILTER AND ( last_seen < "now-30d", NOT (email IN (a, "b")), '
        "OR ( x >= 5, y != 6 ) ) "
        'FROM user WITH kind = "segment" ALIAS leaving'
    )
