"""Functions that change the type of a value."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from segments.filterql.coerce import to_bool, to_float, to_int, to_text, to_time
from segments.filterql.functions.registry import Context, function
from segments.filterql.nodes import Node, Text
from segments.filterql.values import MISSING

TYPES = ("string", "int", "time", "char", "[]byte")


def _or_missing(value: Any) -> Any:
    return MISSING if value is None else value


@function("tostring(x)", 1)
def tostring(value: Any) -> Any:
    """The value as text; nothing as an empty text."""
    return to_text(value) or ""


@function("toint(x)", 1)
def toint(value: Any) -> Any:
    """The value as a whole number, what is behind the point cut off."""
    return _or_missing(to_int(value))


@function("tonumber(x)", 1)
def tonumber(value: Any) -> Any:
    """The value as a number."""
    return _or_missing(to_float(value))


@function("tobool(x)", 1)
def tobool(value: Any) -> Any:
    """The value as true or false."""
    return _or_missing(to_bool(value))


def _known_type(arguments: tuple[Node, ...]) -> str:
    wanted = arguments[1]
    if isinstance(wanted, Text) and wanted.value.lower() not in TYPES:
        return f"cast knows the types {', '.join(TYPES)}, not {wanted.value}"
    return ""


@function("cast(x AS type)", 2, wants_context=True, check=_known_type)
def cast(context: Context, value: Any, kind: Any) -> Any:
    """The value as string, int, time or char; also written cast(x, "int")."""
    if value is None:
        return MISSING
    match kind.lower() if isinstance(kind, str) else "":
        case "int":
            return _or_missing(to_int(value))
        case "time":
            moment: datetime | None = to_time(value, context.now)
            return _or_missing(moment)
        case "string" | "char" | "[]byte":
            return to_text(value) or ""
    return MISSING
