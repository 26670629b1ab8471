"""What a text answers about values: eval, functions and the matrix."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from segments.filterql import (
    FilterQLError,
    Node,
    Statement,
    check_includes,
    compile_filter,
    format_expression,
    parse_filter,
)
from segments.filterql.expressions import parse_expression
from segments.filterql.like import PatternError, matcher
from segments.filterql.nodes import Include, MatchAll
from segments.filterql.protocol import answer
from segments.filterql.wire import decode_context, encode
from tests.conformance.values import same, same_items
from tests.conformance.vectors import Vector

ASKED = ("ql", "context", "types", "ts", "includes")


def disagreement(vector: Vector, clock: datetime) -> str:
    """How our answer differs from the engine's, empty where it does not."""
    if vector.kind == "like":
        return _of_like(vector)
    if vector.kind in ("inline", "resolve"):
        return _of_includes(vector)
    if vector.kind == "select":
        return _of_select(vector, clock)
    return _of_answer(vector, clock)


def _of_answer(vector: Vector, clock: datetime) -> str:
    asked = {key: vector.data[key] for key in ASKED if key in vector.data}
    ours = answer(json.dumps(asked), lambda: clock)
    expect = vector.expect
    if vector.is_refused:
        return "" if "error" in ours else f"is read: {_result(ours)}"
    if vector.breaks_the_engine:
        unread = "error" in ours or not ours["ok"]
        return "" if unread else f"is answered: {_result(ours)}"
    if "error" in ours:
        return f"is refused: {ours['error'].splitlines()[0]}"
    if (ours["match"], ours["ok"]) != (expect["match"], expect["match_ok"]):
        return f"{_result(ours)}, the engine {expect['match']}, {expect['match_ok']}"
    if vector.is_expression and ours["ok"]:
        return _of_value(vector, ours["value"], clock)
    return ""


def _result(ours: dict[str, Any]) -> str:
    return f"{ours['match']}, {ours['ok']}"


def _of_value(vector: Vector, ours: Any, now: datetime) -> str:
    expected = vector.expect["value"]
    if not expected or expected["type"] == "error":
        return ""
    wanted = expected["value"]
    if vector.data.get("unordered") and isinstance(wanted, list):
        agrees = same_items(wanted, ours)
    else:
        agrees = same(wanted, ours, now)
    return "" if agrees else f"gives {ours!r}, the engine {wanted!r}"


def _of_like(vector: Vector) -> str:
    pattern = vector.data["ql2"]
    try:
        ours = (matcher(pattern)(vector.text), True)
    except PatternError:
        ours = (False, False)
    expected = (vector.expect["match"], vector.expect["ok"])
    return "" if ours == expected else f"LIKE {pattern!r} is {ours}, not {expected}"


def _of_includes(vector: Vector) -> str:
    """Includes are found, or refused where they are unknown or go in a circle."""
    node = parse_expression(vector.text)
    try:
        check_includes(node, vector.included.get)
    except FilterQLError as error:
        return f"is refused: {error}" if vector.expect["ok"] else ""
    if not vector.expect["ok"]:
        return "is accepted"
    if "inlined" not in vector.expect:
        return ""
    ours = format_expression(_inlined(node, vector))
    theirs = format_expression(parse_expression(vector.expect["inlined"]))
    return "" if ours == theirs else f"includes {ours}, the engine {theirs}"


def _inlined(node: Node, vector: Vector) -> Node:
    """The expression with what it includes in the place of each INCLUDE."""
    if isinstance(node, Include):
        found = vector.included[node.name].expression
        assert found is not None
        return _inlined(found, vector)
    changed: dict[str, Any] = {}
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, Node):
            changed[part.name] = _inlined(value, vector)
        elif isinstance(value, tuple) and value and isinstance(value[0], Node):
            changed[part.name] = tuple(_inlined(item, vector) for item in value)
    return replace(node, **changed)


def _of_select(vector: Vector, now: datetime) -> str:
    """Whether the row is taken, and its columns; * stands for none of its own."""
    try:
        statement = parse_filter(vector.text)
    except FilterQLError as error:
        return f"is refused: {error}"
    values = decode_context(vector.context, vector.data.get("types"), now)
    match, ok = compile_filter(statement).evaluate(values, now)
    if (match, ok) != (vector.expect["match"], vector.expect["ok"]):
        return f"{match}, {ok}"
    row = _row(statement, values, now) if match else {}
    expected = {name: told["value"] for name, told in vector.expect["row"].items()}
    return "" if same(expected, row, now) else f"row {row}, the engine {expected}"


def _row(statement: Statement, values: dict[str, Any], now: datetime) -> dict[str, Any]:
    row = {}
    for column in statement.columns:
        condition = column.condition
        if isinstance(column.expression, MatchAll):
            continue
        if condition is not None and not compile_filter(condition)(values, now):
            continue
        compiled = compile_filter(column.expression)
        if compiled.evaluate(values, now).ok:
            name = column.name or format_expression(column.expression)
            row[name] = encode(compiled.value(values, now))
    return row
