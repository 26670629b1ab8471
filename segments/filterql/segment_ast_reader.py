"""Reading SegmentAST: what each node of it means, and what is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from segments.filterql import functions
from segments.filterql.errors import FilterQLError, nearest
from segments.filterql.grammar import COMPARISON
from segments.filterql.limits import DEEPEST_TEXT
from segments.filterql.literals import number_of
from segments.filterql.nodes import (
    ARITHMETIC,
    COMPARISONS,
    MATCHERS,
    AllOf,
    AnyOf,
    Array,
    Between,
    Binary,
    Boolean,
    Call,
    Exists,
    Field,
    Group,
    Include,
    MatchAll,
    Minus,
    Node,
    Null,
    Number,
    Text,
    chained,
    collected,
    negated,
)
from segments.filterql.printer import format_expression, is_bare
from segments.filterql.segment_ast import NAMED_VALUES, QUOTES, READ_AS_BOOLEAN
from segments.filterql.tokens import Kind, Scanner


def from_ast(tree: Mapping[str, Any]) -> Node:
    """The expression a tree stands for; raises FilterQLError with the place in it."""
    node = _Reader().node(tree, "ast")
    format_expression(node)
    return node


class _Reader:
    """Reads one tree."""

    def __init__(self) -> None:
        self._depth = 0

    def node(self, tree: Any, path: str) -> Node:
        if not isinstance(tree, Mapping):
            raise _refused("Nil expression" if tree is None else "not an object", path)
        self._depth += 1
        if self._depth > DEEPEST_TEXT:
            raise FilterQLError(f"nested deeper than {DEEPEST_TEXT} levels")
        node = self._node(tree, path)
        self._depth -= 1
        return node

    def _node(self, tree: Mapping[str, Any], path: str) -> Node:
        if "op" in tree:
            return self._operation(tree, path)
        if "ident" in tree:
            return _field(tree["ident"], path)
        if "val" in tree:
            return _literal(tree, path)
        if "args" in tree:
            items = tuple(self._arguments(tree, path))
            return Array(items) if tree.get("array") is True else Group(items)
        raise _refused("Nil expression: an op, an ident or a val is wanted", path)

    def _operation(self, tree: Mapping[str, Any], path: str) -> Node:
        op = tree["op"]
        if not isinstance(op, str):
            raise _refused(f"Unknown op {op!r}", path)
        if op == "expr":
            return self._call(tree, path)
        if op == "include":
            return _include(tree, path)
        args = self._arguments(tree, path)
        if op in ("and", "or", "&&"):
            return _conditions(op, args, infix=tree.get("infix") is True, path=path)
        if op == "*" and not args:
            return MatchAll()
        if op == "-" and len(args) == 1:
            return Minus(args[0])
        build, wanted = _builder(op, path)
        if len(args) != wanted:
            raise _refused(
                f"Invalid {op}: expected {wanted} args, got {len(args)}", path
            )
        return build(*args)

    def _call(self, tree: Mapping[str, Any], path: str) -> Node:
        args = tree.get("args")
        first = args[0] if isinstance(args, list) and args else None
        name = first.get("ident") if isinstance(first, Mapping) else None
        if not isinstance(name, str):
            raise _refused("Invalid expr: its first arg names the function", path)
        function = functions.find(name)
        if function is None:
            raise FilterQLError(
                f"non existent function {name} (at {path})",
                suggestion=nearest(name, functions.names()),
            )
        arguments = tuple(self._arguments(tree, path)[1:])
        if function.name == "not" and len(arguments) == 1:
            return negated(arguments[0])
        problem = function.refusal(arguments)
        if problem:
            raise _refused(problem, path)
        return Call(function.name, arguments)

    def _arguments(self, tree: Mapping[str, Any], path: str) -> list[Node]:
        args = tree.get("args")
        if args is None:
            return []
        if not isinstance(args, list):
            raise _refused("Invalid args: a list is wanted", path)
        return [
            self.node(arg, f"{path}.args[{index}]") for index, arg in enumerate(args)
        ]


def _refused(message: str, path: str) -> FilterQLError:
    return FilterQLError(f"{message} (at {path})")


def _conditions(op: str, args: list[Node], *, infix: bool, path: str) -> Node:
    if op == "&&" or infix:
        if len(args) < 2:
            raise _refused(f"Invalid {op}: expected 2 or more args", path)
        return chained(op.upper(), args)
    return collected(AllOf if op == "and" else AnyOf, args)


def _builder(op: str, path: str) -> tuple[Callable[..., Node], int]:
    single: dict[str, Callable[..., Node]] = {"not": negated, "exists": Exists}
    if op in single:
        return single[op], 1
    if op == "between":
        return Between, 3
    sign = COMPARISON.get(op, op.upper())
    if sign in (*COMPARISONS, *ARITHMETIC, *MATCHERS) and op == op.lower():
        return lambda left, right: Binary(sign, left, _unwrapped(sign, right)), 2
    known = ("and", "or", "not", "exists", "include", "between", "expr")
    meant = nearest(op, (*known, *(word.lower() for word in MATCHERS)))
    raise FilterQLError(f"Unknown op {op} (at {path})", suggestion=meant)


def _unwrapped(sign: str, right: Node) -> Node:
    """A single value after LIKE and CONTAINS stands without its list."""
    if sign in ("LIKE", "CONTAINS") and isinstance(right, Group):
        return right.items[0] if len(right.items) == 1 else right
    return right


def _include(tree: Mapping[str, Any], path: str) -> Node:
    args = tree.get("args")
    first = args[0] if isinstance(args, list) and len(args) == 1 else None
    name = first.get("ident") if isinstance(first, Mapping) else None
    if not isinstance(name, str) or not name:
        raise _refused("Invalid include: expected 1 arg, an ident", path)
    return Include(name.lower())


def _field(name: Any, path: str) -> Node:
    if not isinstance(name, str) or not name:
        raise _refused("Invalid ident: a name is wanted", path)
    if name.lower() in NAMED_VALUES:
        return NAMED_VALUES[name.lower()]
    if name.startswith(QUOTES):
        return _quoted_field(name)
    root, _, key = name.partition(".")
    return Field(name) if not (root and key) or is_bare(name) else Field(root, key)


def _quoted_field(name: str) -> Node:
    """A name in quotes as in a text; quotes that do not close belong to the name."""
    try:
        token = Scanner(name).peek()
    except FilterQLError:
        return Field(name)
    if token.kind is not Kind.QUOTED or token.end != len(name):
        return Field(name)
    whole = token.key is None and "." in token.text
    return Field(token.text, token.key, whole)


def _literal(tree: Mapping[str, Any], path: str) -> Node:
    value = tree["val"]
    if isinstance(value, str):
        if value in READ_AS_BOOLEAN and tree.get("type") != "string":
            return Boolean(READ_AS_BOOLEAN[value])
        return Text(value)
    if isinstance(value, bool):
        return Boolean(value)
    if value is None:
        return Null()
    if isinstance(value, int | float) and not _endless(value):
        return _number(value, path)
    raise _refused("Invalid val: a text, a number, true, false or null", path)


def _endless(value: float) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _number(value: int | float, path: str) -> Node:
    """A literal as its text would be read; one below zero is written with a minus."""
    size = number_of(repr(abs(value)))
    if size is None:
        raise _refused("Invalid val: the number is too large", path)
    return Minus(Number(size)) if value < 0 else Number(size)
