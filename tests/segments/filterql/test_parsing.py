"""What a text means, shown by how it is printed."""

from __future__ import annotations

import pytest

from segments.filterql import format_expression, format_filter, parse_filter
from segments.filterql.expressions import parse_expression
from segments.filterql.nodes import AllOf, AnyOf, Array, Binary, Field, Number, Text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("x>5", "x > 5"),
        ("x = 5", "x == 5"),
        ("x <> 5", "x != 5"),
        ("x-1 == 4", "x-1 == 4"),
        ("x - 1 == 4", "x - 1 == 4"),
        ("x/2 > 5", "x/2 > 5"),
        ("x+1 > 5", "x + 1 > 5"),
        ("x*2 > 5", "x * 2 > 5"),
        ("2 + 3 * 4 == 14", "2 + 3 * 4 == 14"),
        ("(2 + 3) * 4 == 20", "(2 + 3) * 4 == 20"),
        ("a - (b - c) > 1", "a - (b - c) > 1"),
        ("-x > 5", "-x > 5"),
        ("- (x + 1) > 5", "-(x + 1) > 5"),
        ("x == -5.5", "x == -5.5"),
        ("a == b == c", "a == b == c"),
        ("a == (b == c)", "a == (b == c)"),
        ("x == 0x1F", "x == 31"),
        ("x == 1.5e-3", "x == 0.0015"),
        ("x == 5.0", "x == 5"),
        ("x == 99999999999999999999", "x == 1e+20"),
        ("x == TRUE", "x == true"),
        ("x == null", "x == NULL"),
        ("x IS NULL", "NOT EXISTS x"),
        ("x is not null", "EXISTS x"),
        ("x IS NOT 5", "x != 5"),
        ("EXISTS(x)", "EXISTS x"),
        ("EXISTS x > 5", "EXISTS x > 5"),
        ("x IN mapkeys(m)", "x IN mapkeys(m)"),
        ('EXISTS contains(x, "a")', 'EXISTS contains(x, "a")'),
        ("NOT x > 5", "NOT (x > 5)"),
        ("NOT a == 1 AND b == 1", "NOT (a == 1) AND b == 1"),
        ("!(x > 5)", "NOT (x > 5)"),
        ("NOT eq(x, 5) AND y > 6", "NOT eq(x, 5) AND y > 6"),
        ("not(x > 5)", "NOT (x > 5)"),
        ("NOT (NOT (x > 5))", "NOT (NOT (x > 5))"),
        ("NOT (NOT INCLUDE a)", "INCLUDE a"),
        ("NOT x BETWEEN 1 AND 5", "x NOT BETWEEN 1 AND 5"),
        ("x NOT BETWEEN 1 AND 5 OR y > 6", "x NOT BETWEEN 1 AND 5 OR y > 6"),
        ("x between -5 and 5", "x BETWEEN -5 AND 5"),
        ("x NOT IN (1,2)", "NOT (x IN (1, 2))"),
        ("x IN (1 2, 3,)", "x IN (1, 2, 3)"),
        ("x IN ()", "x IN ()"),
        ("x IN (-1)", "x IN (-1)"),
        ("x IN (1 + 1)", "x IN (1 + 1)"),
        ('x IN "a"', 'x IN "a"'),
        ('x IN ["a", 5]', 'x IN ["a", 5]'),
        ("x IN y", "x IN y"),
        ("x intersects y", "x INTERSECTS y"),
        ('x INTERSECTS ["a"]', 'x INTERSECTS ["a"]'),
        ('x LIKE ("a", "b")', 'x LIKE ("a", "b")'),
        ('x CONTAINS("a")', 'x CONTAINS "a"'),
        ("a OR b AND c", "a OR b AND c"),
        ("(a OR b) AND c", "(a OR b) AND c"),
        ("a || b && c", "a OR b && c"),
        ("a AND b && c", "a AND b && c"),
        ("a\n AND (b\n OR c)", "a AND (b OR c)"),
        ("AND ((a\n AND (b)), c)", "AND ( a AND b, c )"),
        ("any(a\n - 1, (b\n OR (c)))", "any(a - 1, b OR c)"),
        ("AND (x > 5)", "x > 5"),
        ("NOT AND (x > 5)", "NOT (x > 5)"),
        ("AND ()", "AND (  )"),
        ("AND (, x > 5,, y > 6 ,)", "AND ( x > 5, y > 6 )"),
        ("AND (x > 5 y > 6)", "AND ( x > 5, y > 6 )"),
        ("and(x > 5, or(y > 6, z > 7))", "AND ( x > 5, OR ( y > 6, z > 7 ) )"),
        ("INCLUDE MyAlias", "INCLUDE myalias"),
        ("INCLUDE 5abc", "INCLUDE 5abc"),
        ("INCLUDE `123`", "INCLUDE `123`"),
        ("INCLUDE 'a b'", "INCLUDE `a b`"),
        ("*", "*"),
        ("match_ALL", "*"),
        ("AND (*, x == 1)", "AND ( *, x == 1 )"),
        ("toint(x + 1) > 5", "toint(x + 1) > 5"),
        ("TOINT(x) > 5", "toint(x) > 5"),
        ("any(x > 5, y > 6)", "any(x > 5, y > 6)"),
        ("cast(x AS int) > 5", 'cast(x, "int") > 5'),
        ("now() > x", "now() > x"),
        ("`from` > 5", "`from` > 5"),
        ("'abc' == s", "abc == s"),
        ("[a b] == 1", "`a b` == 1"),
        ("`a`.`b` == 1", "`a`.`b` == 1"),
        ("a.`b c` == 1", "`a`.`b c` == 1"),
        ("`m.a` == 1", "`m.a` == 1"),
        ("@x > 5", "@x > 5"),
        ("名前 == 1", "名前 == 1"),
        ("includes > 5", "includes > 5"),
        ("x == 5 -- why", "x == 5"),
        ("x == # why\n 5", "x == 5"),
        ("/* why */ x == 5 // because\n AND y", "x == 5 AND y"),
    ],
)
def test_it_reads(text: str, printed: str) -> None:
    assert format_filter(parse_filter(f"FILTER {text}")) == f"FILTER {printed}"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("AND (\n a == 1\n OR (\n b == 1\n c == 1\n )\n)", 2),
        ("OR (a == 1 AND (b == 1), c == 1)", 2),
        ("OR (a == 1\n AND (b == 1), c == 1)", 3),
        ("OR (a == 1 AND (b == 1, d == 1), c == 1)", 3),
        ("AND (\n x > 5\n *\n)", 2),
        ("AND (\n x\n - 5 < y\n)", 2),
        ("AND (x\n NOT EXISTS y\n z NOT IN (1))", 3),
        ("AND (a == 1 AND\n (b == 1), c)", 2),
        ("AND (x == true y == false)", 2),
    ],
)
def test_lists_of_conditions_are_split(text: str, count: int) -> None:
    node = parse_filter(f"FILTER {text}").expression

    assert isinstance(node, AllOf | AnyOf)
    assert len(node.items) == count


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ('"a"', "a"),
        (r'"a\"b"', 'a"b'),
        ('"a""b"', 'a"b'),
        (r'"a\\"', "a\\"),
        (r'"a\nb"', r"a\nb"),
        ('"a\nb"', "a\nb"),
        (r'"日\"本"', '日"本'),
        ('""', ""),
    ],
)
def test_texts_are_unescaped(literal: str, value: str) -> None:
    node = parse_filter(f"FILTER x == {literal}").expression

    assert node == Binary("==", Field("x"), Text(value))


def test_single_quotes_name_a_field_in_a_filter_and_are_text_elsewhere() -> None:
    assert parse_expression("x == 'abc'") == Binary("==", Field("x"), Text("abc"))
    assert parse_filter("FILTER x == 'abc'").expression == Binary(
        "==", Field("x"), Field("abc")
    )


def test_two_single_quotes_do_not_end_a_text() -> None:
    assert parse_expression("x == 'it''s'") == Binary("==", Field("x"), Text("it''s"))
    assert parse_expression("x == ''") == Binary("==", Field("x"), Text(""))


def test_not_and_exists_are_functions_in_a_bare_expression() -> None:
    printed = format_expression(parse_expression("NOT(exists(x)) OR EXISTS y"))

    assert printed == "not(exists(x)) OR EXISTS y"


def test_a_bare_expression_ends_where_it_ends() -> None:
    assert format_expression(parse_expression("x > 5 y > 6")) == "x > 5"


def test_arrays_start_with_a_literal() -> None:
    assert parse_expression("[1, 2]") == Array((Number(1), Number(2)))


def test_long_chains_stay_flat() -> None:
    many = " AND ".join(f"x{i} == {i}" for i in range(2_000))

    assert format_filter(parse_filter(f"FILTER {many}")) == f"FILTER {many}"
