"""The clauses around a condition."""

from __future__ import annotations

import pytest

from segments.filterql import FilterQLError, format_filter, parse_filter, parse_filters


def test_it_reads_every_clause() -> None:
    statement = parse_filter(
        '-- loyal\n FILTER x > 5 FROM user LIMIT 10 WITH name = "A", public = false,'
        " rank = -2.5, none = null ALIAS MyAlias;"
    )

    assert statement.table == "user"
    assert statement.limit == 10
    assert statement.with_ == {"name": "A", "public": False, "rank": -2.5, "none": None}
    assert statement.alias == "myalias"
    assert statement.description == " loyal"


def test_with_takes_json() -> None:
    statement = parse_filter('FILTER x > 5 WITH {"a": {"b": [1, "x"]}} ALIAS z')

    assert statement.with_ == {"a": {"b": [1, "x"]}}
    assert statement.alias == "z"
    assert parse_filter(format_filter(statement)) == statement


@pytest.mark.parametrize("quoted", ["'my alias'", "`my alias`", "[my alias]"])
def test_an_alias_can_be_quoted(quoted: str) -> None:
    assert parse_filter(f"FILTER x ALIAS {quoted}").alias == "my alias"


@pytest.mark.parametrize(
    "text", ["FILTER", "FILTER -- only a comment", "FILTER ;", "FILTER FROM user"]
)
def test_a_filter_may_have_no_condition(text: str) -> None:
    assert parse_filter(text).expression is None


def test_comments_before_it_describe_it() -> None:
    statement = parse_filter("-- one\n# two\n/* three\n */ FILTER x")

    assert statement.description == " one two three\n "
    assert parse_filter(format_filter(statement)) == statement


def test_statements_are_separated_by_semicolons() -> None:
    first, second = parse_filters("-- a\nFILTER x ALIAS a;\n-- b\nFILTER y ALIAS b;\n")

    assert (first.alias, first.description) == ("a", " a")
    assert (second.alias, second.description) == ("b", " b")
    assert second.text == "-- b\nFILTER y ALIAS b"


def test_an_empty_text_holds_no_statements() -> None:
    assert parse_filters(" \n") == []


def test_a_limit_may_be_below_zero() -> None:
    assert parse_filter("FILTER x LIMIT -1").limit == -1


def test_select_has_columns_and_a_filter() -> None:
    statement = parse_filter(
        "SELECT a, len AS n IF a > 2, * FROM user.changes FILTER x > 5 LIMIT 3 ALIAS s"
    )

    assert statement.table == "user.changes"
    assert [column.name for column in statement.columns] == [None, "n", None]
    assert statement.expression is not None
    assert parse_filter(format_filter(statement)) == statement


def test_the_where_of_a_select_is_read_and_not_the_filter() -> None:
    statement = parse_filter("SELECT * FROM user WHERE x > 5 AND y < 6")

    assert statement.expression is None
    assert statement.where is not None
    assert parse_filter(format_filter(statement)) == statement


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x > 5",
        "WHERE x > 5",
        "-- only",
        "FILTER x > 5 y > 6",
        "FILTER x > 5, y > 6",
        "FILTER x > 5 LIMIT 1.5",
        'FILTER x > 5 LIMIT "10"',
        "FILTER x > 5 FROM user WITH a=1 LIMIT 10",
        "FILTER x > 5 ALIAS a FROM user",
        'FILTER x > 5 ALIAS "a"',
        "FILTER x > 5 ALIAS",
        "FILTER x > 5 WITH a",
        "FILTER x > 5 WITH {a}",
        "FILTER a > 1 ALIAS a\nFILTER b > 2 ALIAS b",
        "SELECT x FILTER y",
        "SELECT FROM user FILTER y",
    ],
)
def test_it_refuses(text: str) -> None:
    with pytest.raises(FilterQLError):
        parse_filter(text)


def test_one_statement_is_one() -> None:
    with pytest.raises(FilterQLError, match="one filter is wanted, the text holds 2"):
        parse_filter("FILTER x; FILTER y")
