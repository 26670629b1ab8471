"""Nothing is lost between the text of a filter and the builder."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from segments.definitions.builder.shown import shown
from segments.definitions.builder.text import model_of, text_of
from segments.definitions.builder.written import written
from segments.filterql import (
    FilterQLError,
    Statement,
    format_filter,
    parse_filter,
    to_ast,
)
from tests.segments.filterql.trees import trees

texts = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8
) | st.sampled_from(("true", "now-3d", "now", 'a"b', "a\\", "*", "2024-01-01"))
fields = st.sampled_from(("email", "scores.momentum", "_created", "`a b`.`c`", "from"))
values = st.one_of(
    st.builds(lambda text: {"text": text}, texts),
    st.integers(-(2**62), 2**62).map(lambda number: {"number": str(number)}),
    st.sampled_from(("0.5", "1.5", "-2.25")).map(lambda digits: {"number": digits}),
    st.booleans().map(lambda answer: {"bool": answer}),
)
plain = values.filter(lambda value: not str(value.get("text")).startswith("now"))
spans = st.fixed_dictionaries(
    {"amount": st.integers(1, 999_999), "unit": st.sampled_from("yMwdhms")}
)


def condition(operators, given_values):
    return st.fixed_dictionaries(
        {
            "kind": st.just("condition"),
            "field": fields,
            "operator": st.sampled_from(operators),
            "not": st.booleans(),
            "values": given_values,
        }
    )


conditions = st.one_of(
    condition(
        ("==", "!=", ">", ">=", "<", "<="), st.lists(plain, min_size=1, max_size=1)
    ),
    condition(
        ("in", "intersects", "contains", "like"),
        st.lists(values, min_size=1, max_size=3),
    ),
    condition(("between",), st.lists(values, min_size=2, max_size=2)),
    condition(("has",), st.lists(values, min_size=1, max_size=1)),
    condition(("exists",), st.just([])),
    condition(
        ("in_last", "before_last", "after_next", "in_next"),
        st.lists(spans, min_size=1, max_size=1),
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("segment"),
            "segment": st.sampled_from(("paying_users", "from", "0af3")),
            "not": st.booleans(),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("everyone"), "not": st.booleans()}),
    st.sampled_from(
        ('tolower(city) == "rome"', "x + 1 > 5", "NOT (len(tags) > 2)")
    ).map(lambda text: {"kind": "text", "text": text}),
)


def group(items):
    return st.fixed_dictionaries(
        {
            "kind": st.just("group"),
            "match": st.sampled_from(("all", "any")),
            "not": st.booleans(),
            "items": st.lists(items, min_size=2, max_size=4),
        }
    )


models = st.recursive(conditions, group, max_leaves=8)


def parsed(node):
    """The tree as it is read, which is how the builder meets it."""
    try:
        statement = parse_filter(format_filter(Statement(node)))
    except FilterQLError:
        assume(False)
    return statement


@given(trees)
def test_every_filter_comes_back_from_the_builder(node):
    expression = parsed(node).expression

    assert written(shown(to_ast(expression))) == expression


@pytest.mark.parametrize(
    "text",
    [
        'x IN ["a", 5]',
        'x INTERSECTS ["a"]',
        'x LIKE ("a*", "b*")',
        "x > -5",
        "x IN ()",
        "AND ( )",
        "NOT (NOT x == 1)",
        "a == 1 && b == 2",
        "NOT (a == 1 AND b == 2)",
        "x == NULL",
        'x > "now-007d"',
    ],
)
def test_what_is_rarely_written_comes_back_too(text):
    expression = parse_filter(f"FILTER {text}").expression

    assert written(shown(to_ast(expression))) == expression


@given(models)
def test_what_is_built_is_shown_as_it_was_built(model):
    text = format_filter(Statement(written(model)))

    assert shown(to_ast(parse_filter(text))) == model


@given(trees)
def test_the_other_parts_of_the_text_are_kept(node):
    statement = parsed(node)
    assume("\0" not in format_filter(statement))
    before = replace(
        statement,
        table="user",
        limit=5,
        with_={"name": "Kept", "public": True},
        alias="kept",
        description=" who FILTER * would hold",
    )

    after = text_of({"kind": "everyone", "not": False}, format_filter(before))
    back = text_of(model_of(format_filter(before)), after)

    assert parse_filter(after).alias == "kept"
    assert parse_filter(back) == before


def test_the_text_is_laid_out_a_condition_a_line():
    text = (
        'FILTER AND (a == 1, NOT OR (b == 2, AND (c, "d")), e == 1 AND f == 2) ALIAS x'
    )

    assert text_of(model_of(text), text) == (
        "FILTER AND (\n"
        "    a == 1,\n"
        "    NOT OR (\n"
        "        b == 2,\n"
        "        AND (\n"
        "            c,\n"
        '            "d"\n'
        "        )\n"
        "    ),\n"
        "    e == 1 AND f == 2\n"
        ")\n"
        "ALIAS x"
    )


@pytest.mark.parametrize("text", ["", "  ", "FILTER", "FILTER -- nobody yet"])
def test_a_filter_that_says_nothing_is_an_empty_group(text):
    assert model_of(text) == {
        "kind": "group",
        "match": "all",
        "not": False,
        "items": [],
    }


def test_a_new_filter_is_of_users():
    assert text_of({"kind": "everyone", "not": True}, "") == "FILTER NOT *\nFROM user"
