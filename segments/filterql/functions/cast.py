"""Functions that change the type of a value."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from segments.filterql.coerce import is_nil, to_bool, to_float, to_int, to_text, to_time
from segments.filterql.functions.registry import Context, function
from segments.filterql.motion import Motion, as_itself, as_number
from segments.filterql.nodes import Node, Text
from segments.filterql.values import MISSING


def _or_missing(value: Any) -> Any:
    return MISSING if value is None else value


@function("tostring(x)", 1, follows=as_number)
def tostring(value: Any) -> Any:
    """The value as text; nothing as an empty text."""
    return to_text(value) or ""


@function("toint(x)", 1, follows=as_number)
def toint(value: Any) -> Any:
    """The value as a whole number, what is behind the point cut off."""
    return _or_missing(to_int(value))


@function("unsign(x)", 1)
def unsign(value: Any) -> Any:
    """A whole number as the text of the unsigned one of the same 64 bits."""
    whole = to_int(value)
    return MISSING if whole is None else str(whole % 2**64)


@function("tonumber(x)", 1, follows=as_number)
def tonumber(value: Any) -> Any:
    """The value as a number."""
    return _or_missing(to_float(value))


@function("tobool(x)", 1)
def tobool(value: Any) -> Any:
    """The value as true or false."""
    return _or_missing(to_bool(value))


def _as_cast(arguments: tuple[Node, ...], given: Motion) -> Motion:
    kind = arguments[1]
    to_time = isinstance(kind, Text) and kind.value.lower() == "time"
    return (as_itself if to_time else as_number)(arguments, given)


@function(
    "cast(x AS type)", 2, wants_context=True, follows=_as_cast, reads_moments=True
)
def cast(context: Context, value: Any, kind: Any) -> Any:
    """The value as string, int, time or char; also written cast(x, "int")."""
    if is_nil(value):
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
