"""The whole text of a filter in the builder: what it shows, what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segments.definitions.builder.shown import Model, everybody_of, shown
from segments.definitions.builder.written import written
from segments.definitions.statement import read
from segments.filterql import (
    FilterQLError,
    Statement,
    format_expression,
    format_filter,
    from_ast,
    parse_filter,
    to_ast,
)

TABLE = "user"
INDENT = "    "


def model_of(text: str) -> Model:
    """What the builder shows of a text; raises InvalidSegmentQLError."""
    if _says_nothing(text):
        return everybody_of([])
    model = shown(read(text).ast())
    return model if model["kind"] == "group" else everybody_of([model])


def text_of(model: Any, before: str) -> str:
    """The text with another filter, its other parts as before; raises BuilderError."""
    node = written(model)
    statement = replace(_statement(before), expression=node)
    whole = format_filter(statement)
    plain = format_filter(replace(statement, description=""))
    comment = whole[: len(whole) - len(plain)]
    clauses = plain.removeprefix(f"FILTER {format_expression(node)}").strip()
    end = f"\n{clauses}" if clauses else ""
    return f"{comment}FILTER {_laid_out(to_ast(node), '')}{end}"


def _says_nothing(text: str) -> bool:
    if not text.strip():
        return True
    try:
        statement = parse_filter(text)
    except FilterQLError:
        return False
    return statement.expression is None and not statement.columns


def _statement(text: str) -> Statement:
    """What the text said; that of a new segment where it says nothing."""
    if not text.strip():
        return Statement(None, table=TABLE)
    try:
        return parse_filter(text)
    except FilterQLError:
        return Statement(None, table=TABLE)


def _laid_out(tree: Mapping[str, Any], indent: str) -> str:
    """A condition a line, those of a group further in."""
    op, args = tree.get("op"), tree.get("args")
    if op == "not" and _is_group(args[0] if args else {}):
        return f"NOT {_laid_out(tree['args'][0], indent)}"
    if not _is_group(tree):
        return format_expression(from_ast(tree))
    further = indent + INDENT
    lines = ",\n".join(further + _laid_out(item, further) for item in tree["args"])
    return f"{str(op).upper()} (\n{lines}\n{indent})"


def _is_group(tree: Mapping[str, Any]) -> bool:
    return (
        tree.get("op") in ("and", "or")
        and not tree.get("infix")
        and bool(tree.get("args"))
    )
