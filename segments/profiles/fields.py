"""The types of profile fields: how they are inferred, widened and applied.

A field's type is the join of the types of all values seen, in this lattice:

    int < number < string < list < map      bool < string      date < string

The join does not depend on the order in which values arrive. Stored values stay
as they came in and are given the field's type on reading, so a type that widens
drops nothing. `null` and the empty string fit every type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from segments.profiles.models import FieldType

_WIDER: dict[FieldType, frozenset[FieldType]] = {
    FieldType.INT: frozenset(
        {FieldType.NUMBER, FieldType.STRING, FieldType.LIST, FieldType.MAP}
    ),
    FieldType.NUMBER: frozenset({FieldType.STRING, FieldType.LIST, FieldType.MAP}),
    FieldType.BOOL: frozenset({FieldType.STRING, FieldType.LIST, FieldType.MAP}),
    FieldType.DATE: frozenset({FieldType.STRING, FieldType.LIST, FieldType.MAP}),
    FieldType.STRING: frozenset({FieldType.LIST, FieldType.MAP}),
    FieldType.LIST: frozenset({FieldType.MAP}),
    FieldType.MAP: frozenset(),
}
_OF_PYTHON = {
    bool: FieldType.BOOL,
    int: FieldType.INT,
    float: FieldType.NUMBER,
    str: FieldType.STRING,
    list: FieldType.LIST,
}
_FITS: dict[type, frozenset[FieldType]] = {
    python: frozenset({kind}) | _WIDER[kind] for python, kind in _OF_PYTHON.items()
}
_FITS[type(None)] = frozenset(FieldType)
_ISO_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_LEAST, _MOST = -(2**63), 2**64 - 1  # the whole numbers that JSON is written with
_EPOCH_UNITS = ((10, 1), (13, 1_000), (16, 1_000_000), (19, 1_000_000_000))


def join(first: FieldType, second: FieldType) -> FieldType:
    """The narrowest type that holds the values of both."""
    if first == second or second in _WIDER[first]:
        return second
    if first in _WIDER[second]:
        return first
    return FieldType.STRING


def infer(value: Any) -> FieldType | None:
    """The type a value has by itself; None for null and the empty string."""
    if value is None or value == "":
        return None
    if type(value) is str and parse_iso_date(value) is not None:
        return FieldType.DATE
    return _OF_PYTHON[type(value)]


def fits(value: Any, field_type: FieldType) -> bool:
    """Whether a field of this type holds the value without widening."""
    if field_type in _FITS[type(value)]:
        return True
    if type(value) is not str:
        return False
    return value == "" or (
        field_type is FieldType.DATE and parse_iso_date(value) is not None
    )


def parse_iso_date(text: str) -> datetime | None:
    """The instant an RFC 3339 or common ISO text names; UTC where it names no zone."""
    if len(text) < 10 or text[4] != "-" or _ISO_DATE.fullmatch(text) is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _in_utc(instant)


def cast(value: Any, field_type: FieldType) -> Any:
    """The value as its field's type has it; unchanged where it cannot be."""
    if value is None or value == "":
        return value
    return CASTS[field_type](value)


def root_of(name: str) -> str | None:
    """The map a flattened name lies in: `scores` for `scores.momentum`."""
    root, dot, _ = name.partition(".")
    return root if dot and root else None


def _in_utc(instant: datetime) -> datetime | None:
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return None


def _to_text(value: Any) -> Any:
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    return orjson.dumps(value).decode()


def _to_date(value: Any) -> Any:
    if type(value) is str:
        return parse_iso_date(value) or value
    if type(value) is int and value >= 0:
        digits = len(str(value))
        for most, per_second in _EPOCH_UNITS:
            if digits <= most:
                return datetime.fromtimestamp(value / per_second, UTC)
    return value


def _to_number(value: Any) -> Any:
    if type(value) is int:
        return float(value)
    number = _parsed(float, value)
    return number if type(number) is float and math.isfinite(number) else value


def _to_int(value: Any) -> Any:
    number = _parsed(int, value)
    return number if type(number) is int and _LEAST <= number <= _MOST else value


def _parsed(parse: Callable[[str], Any], value: Any) -> Any:
    if type(value) is not str:
        return value
    try:
        return parse(value)
    except ValueError:
        return value


def _to_bool(value: Any) -> Any:
    if type(value) is str:
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def _to_list(value: Any) -> Any:
    return value if type(value) is list else [value]


def _to_map(value: Any) -> Any:
    return {"": value}


CASTS: dict[FieldType, Callable[[Any], Any]] = {
    FieldType.BOOL: _to_bool,
    FieldType.INT: _to_int,
    FieldType.NUMBER: _to_number,
    FieldType.DATE: _to_date,
    FieldType.STRING: _to_text,
    FieldType.LIST: _to_list,
    FieldType.MAP: _to_map,
}
