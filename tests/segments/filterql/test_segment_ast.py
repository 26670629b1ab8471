"""The JSON form of filters."""

from __future__ import annotations

from typing import Any

import pytest

from segments.filterql import (
    FilterQLError,
    format_expression,
    from_ast,
    parse_filter,
    to_ast,
)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("*", {"op": "*"}),
        ('x == "a"', {"op": "==", "args": [{"ident": "x"}, {"val": "a"}]}),
        ("x > 5", {"op": ">", "args": [{"ident": "x"}, {"val": 5}]}),
        ("x == 5.5", {"op": "==", "args": [{"ident": "x"}, {"val": 5.5}]}),
        ("x == true", {"op": "==", "args": [{"ident": "x"}, {"val": True}]}),
        ("x == NULL", {"op": "==", "args": [{"ident": "x"}, {"val": None}]}),
        ('x == ""', {"op": "==", "args": [{"ident": "x"}, {"val": ""}]}),
        (
            'x == "true"',
            {"op": "==", "args": [{"ident": "x"}, {"val": "true", "type": "string"}]},
        ),
        (
            'x NOT IN ("a", 5)',
            {
                "op": "not",
                "args": [
                    {
                        "op": "in",
                        "args": [{"ident": "x"}, {"args": [{"val": "a"}, {"val": 5}]}],
                    }
                ],
            },
        ),
        (
            "x BETWEEN 1 AND 5",
            {"op": "between", "args": [{"ident": "x"}, {"val": 1}, {"val": 5}]},
        ),
        ("EXISTS m.a", {"op": "exists", "args": [{"ident": "m.a"}]}),
        ("INCLUDE slug", {"op": "include", "args": [{"ident": "slug"}]}),
        (
            "now() > x",
            {
                "op": ">",
                "args": [{"op": "expr", "args": [{"ident": "now"}]}, {"ident": "x"}],
            },
        ),
        (
            "AND (a, OR (b, c))",
            {
                "op": "and",
                "args": [
                    {"ident": "a"},
                    {"op": "or", "args": [{"ident": "b"}, {"ident": "c"}]},
                ],
            },
        ),
        (
            "a OR b",
            {"op": "or", "args": [{"ident": "a"}, {"ident": "b"}], "infix": True},
        ),
        ("`m.a`", {"ident": "`m.a`"}),
        ("`true`", {"ident": "`true`"}),
        ("`a b`", {"ident": "a b"}),
    ],
)
def test_a_filter_in_json(text: str, tree: dict[str, Any]) -> None:
    statement = parse_filter(f"FILTER {text}")

    assert to_ast(statement) == tree
    assert from_ast(tree) == statement.expression


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ({"op": "=", "args": [{"ident": "x"}, {"val": "5"}]}, 'x == "5"'),
        ({"ident": "match_all"}, "*"),
        ({"ident": "*"}, "*"),
        ({"val": "false"}, "false"),
        ({"op": "and", "args": [{"ident": "a"}]}, "a"),
        ({"op": "==", "args": [{"ident": "x"}, {"val": -5}]}, "x == -5"),
        ({"op": "-", "args": [{"ident": "x"}]}, "-x"),
        ({"op": "-", "args": [{"ident": "x"}, {"val": 1}]}, "x - 1"),
        ({"op": "*", "args": [{"ident": "x"}, {"val": 2}]}, "x * 2"),
        ({"ident": "content.Ford Motor"}, "`content`.`Ford Motor`"),
        ({"ident": "it's"}, "`it's`"),
        ({"ident": "'tis"}, "`'tis`"),
        ({"ident": "[a] b"}, "`[a] b`"),
        (
            {"op": "like", "args": [{"ident": "x"}, {"args": [{"val": "a"}]}]},
            'x LIKE "a"',
        ),
        ({"op": "expr", "args": [{"ident": "not"}, {"ident": "x"}]}, "NOT x"),
        ({"op": "include", "args": [{"ident": "My_Slug"}]}, "INCLUDE my_slug"),
    ],
)
def test_json_as_others_write_it(tree: dict[str, Any], text: str) -> None:
    assert format_expression(from_ast(tree)) == text


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({}, "Nil expression"),
        (None, "Nil expression"),
        ([], "not an object"),
        ({"op": "xor", "args": []}, "Unknown op xor"),
        ({"op": "AND", "args": []}, "Unknown op AND"),
        ({"op": 5}, "Unknown op 5"),
        ({"op": "contain", "args": []}, "Did you mean contains?"),
        ({"op": "not", "args": []}, "Invalid not: expected 1 args, got 0"),
        ({"op": "between", "args": [{"val": 1}]}, "Invalid between: expected 3"),
        ({"op": "==", "args": 5}, "Invalid args"),
        ({"op": "and", "args": [{"val": 1}, {"op": "?"}]}, "at ast.args[1]"),
        ({"op": "expr", "args": [{"val": 1}]}, "names the function"),
        ({"op": "expr", "args": [{"ident": "toitn"}]}, "Did you mean toint?"),
        ({"op": "expr", "args": [{"ident": "toint"}]}, "toint takes 1 argument"),
        ({"op": "include", "args": [{"val": "a"}]}, "Invalid include"),
        ({"op": "or", "args": [{"val": 1}], "infix": True}, "expected 2 or more"),
        ({"ident": ""}, "Invalid ident"),
        ({"ident": 5}, "Invalid ident"),
        ({"ident": "`]'"}, "no quotes are left"),
        ({"val": {}}, "Invalid val"),
        ({"val": float("nan")}, "Invalid val"),
        ({"val": 10**400}, "too large"),
    ],
)
def test_it_refuses(tree: Any, message: str) -> None:
    with pytest.raises(FilterQLError) as caught:
        from_ast(tree)
    assert message in str(caught.value)


def test_deep_trees_are_refused() -> None:
    tree: dict[str, Any] = {"ident": "x"}
    for _ in range(50_000):
        tree = {"op": "not", "args": [tree]}

    with pytest.raises(FilterQLError, match="nested deeper"):
        from_ast(tree)
