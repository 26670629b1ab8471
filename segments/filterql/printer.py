"""The canonical text of a tree: reading it gives the same tree again."""

from __future__ import annotations

import json
import re
from typing import Any

from segments.filterql.columns import Column
from segments.filterql.errors import FilterQLError
from segments.filterql.grammar import RESERVED, Level
from segments.filterql.nodes import (
    ARITHMETIC,
    AllOf,
    AnyOf,
    Array,
    Between,
    Binary,
    Boolean,
    Call,
    Chain,
    Exists,
    Field,
    Group,
    Include,
    MatchAll,
    Minus,
    Node,
    Not,
    Null,
    Number,
    Text,
)
from segments.filterql.statements import Statement
from segments.filterql.tokens import ARRAY_START

_BARE = re.compile(r"(?:@+|[^\W\d]|\.)[\w.\-/]*")
_BARE_INCLUDE = re.compile(r"[\w.\-/@]*[^\W\d][\w.\-/@]*")
_QUOTES = (("`", "`"), ("[", "]"), ("'", "'"))
_LEVELS = {
    **dict.fromkeys(("+", "-"), Level.SUM),
    **dict.fromkeys(("*", "/", "%"), Level.PRODUCT),
}


def format_filter(statement: Statement) -> str:
    parts: list[str] = []
    expression = statement.expression
    condition = "" if expression is None else format_expression(expression)
    table = "" if statement.table is None else f"FROM {_name(statement.table)}"
    if statement.columns:
        columns = ", ".join(_column(column) for column in statement.columns)
        if statement.where is not None:
            condition = f"WHERE {format_expression(statement.where)}"
        else:
            condition = f"FILTER {condition}"
        parts += [f"SELECT {columns}", table, condition]
    else:
        parts += ["FILTER", condition, table]
    if statement.limit is not None:
        parts.append(f"LIMIT {statement.limit}")
    if statement.with_:
        parts.append(f"WITH {_attributes(dict(statement.with_))}")
    if statement.alias is not None:
        parts.append(f"ALIAS {_name(statement.alias)}")
    clauses = " ".join(part for part in parts if part)
    return _description(statement.description) + clauses


def format_expression(node: Node) -> str:
    match node:
        case Text(value):
            return text_literal(value)
        case Number(value):
            return repr(value)
        case Boolean(value):
            return "true" if value else "false"
        case Null():
            return "NULL"
        case MatchAll():
            return "*"
        case Field():
            return field_text(node)
        case Array(items):
            return f"[{_joined(items)}]"
        case Group(items):
            return f"({_joined(items)})"
        case AllOf(items):
            return f"AND ( {_joined(items)} )"
        case AnyOf(items):
            return f"OR ( {_joined(items)} )"
        case Call(name, arguments):
            return f"{name}({_joined(arguments)})"
        case Include(name):
            return f"INCLUDE {_include_name(name)}"
    return _operation(node)


def _operation(node: Node) -> str:
    match node:
        case Not(Between(operand, low, high)):
            return _between(operand, "NOT BETWEEN", low, high)
        case Not(operand):
            return f"NOT {_not_operand(operand)}"
        case Minus(operand):
            return f"-{_minus_operand(operand)}"
        case Exists(operand):
            return f"EXISTS {_exists_operand(operand)}"
        case Between(operand, low, high):
            return _between(operand, "BETWEEN", low, high)
        case Chain(operator, items):
            return _chain(operator, items)
        case Binary(operator, left, right):
            return _binary(operator, left, right)
    raise TypeError(f"{type(node).__name__} is no part of an expression")


def _between(operand: Node, words: str, low: Node, high: Node) -> str:
    return (
        f"{_operand(operand, Level.COMPARISON)} {words} "
        f"{_operand(low, Level.SUM)} AND {_operand(high, Level.SUM)}"
    )


def _chain(operator: str, items: tuple[Node, ...]) -> str:
    level = Level.OR if operator == "OR" else Level.AND
    first = _operand(items[0], level)
    rest = (_chained(item, Level(level + 1)) for item in items[1:])
    return f" {operator} ".join((first, *rest))


def _chained(item: Node, level: Level) -> str:
    return format_expression(item) if isinstance(item, Not) else _operand(item, level)


def _binary(operator: str, left: Node, right: Node) -> str:
    level = _LEVELS.get(operator, Level.COMPARISON)
    if operator in ("IN", "INTERSECTS"):
        shown = format_expression(right)
    else:
        shown = _operand(right, Level(level + 1))
    return f"{_operand(left, level)} {operator} {shown}"


def _joined(items: tuple[Node, ...]) -> str:
    return ", ".join(format_expression(item) for item in items)


def _not_operand(node: Node) -> str:
    if isinstance(node, Binary | Between | Chain | Minus | Not):
        return f"({format_expression(node)})"
    return format_expression(node)


def _minus_operand(node: Node) -> str:
    """Two minus signs in a row would begin a comment."""
    if isinstance(node, Minus):
        return f"({format_expression(node)})"
    return _operand(node, Level.OPERAND)


def _exists_operand(node: Node) -> str:
    if isinstance(node, Exists | Minus | AllOf | AnyOf):
        return f"({format_expression(node)})"
    return _operand(node, Level.OPERAND)


def _operand(node: Node, level: Level) -> str:
    shown = format_expression(node)
    compared = isinstance(node, Not) and level >= Level.COMPARISON
    return f"({shown})" if compared or _binds(node) < level else shown


def _binds(node: Node) -> Level:
    match node:
        case Chain(operator):
            return Level.OR if operator == "OR" else Level.AND
        case Binary(operator) if operator in ARITHMETIC:
            return _LEVELS[operator]
        case Binary() | Between() | Not():
            return Level.COMPARISON
        case Group():
            return Level.OPERAND
    return Level.OPERAND


def text_literal(value: str) -> str:
    """A text in double quotes; a backslash is doubled only where it would escape."""
    body = re.sub(r'\\(?=[\\"]|$)', r"\\\\", value, flags=re.DOTALL)
    return '"' + body.replace('"', '""') + '"'


def field_text(field: Field) -> str:
    if field.key is not None:
        return f"{quoted(field.name)}.`{field.key}`"
    return quoted(field.name) if field.whole else _name(field.name)


def is_bare(name: str) -> bool:
    """Whether a name needs no quotes."""
    return bool(_BARE.fullmatch(name)) and name.upper() not in RESERVED


def _name(name: str) -> str:
    return name if is_bare(name) else quoted(name)


def _include_name(name: str) -> str:
    bare = _BARE_INCLUDE.fullmatch(name) and name.upper() not in RESERVED
    return name if bare else quoted(name)


def quoted(name: str) -> str:
    for opening, closing in _QUOTES:
        text = f"{opening}{name}{closing}"
        if closing not in name and name and not ARRAY_START.match(text):
            return text
    raise FilterQLError(f"no quotes are left to write the name {name!r} in")


def _column(column: Column) -> str:
    shown = format_expression(column.expression)
    if column.name is not None:
        shown += f" AS {_name(column.name)}"
    if column.condition is not None:
        shown += f" IF {format_expression(column.condition)}"
    return shown


def _attributes(attributes: dict[str, Any]) -> str:
    pairs = (f"{_name(key)} = {_value(value)}" for key, value in attributes.items())
    simple = all(
        isinstance(value, str | int | float | None) and key
        for key, value in attributes.items()
    )
    return ", ".join(pairs) if simple else json.dumps(attributes, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return text_literal(value)
    return json.dumps(value)


def _description(text: str) -> str:
    if not text:
        return ""
    return f"/*{text}*/\n" if "\n" in text else f"--{text}\n"
