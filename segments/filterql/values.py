"""The values an expression works on.

Profiles hold plain Python values: str, int, float, bool, datetime, list, dict and None.
Two markers stand beside them: MISSING where nothing can be evaluated (an unknown
field, a failed conversion), and FAILED, the outcome of an operator that its operands
do not have, which counts as evaluated but is never true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeAlias

Value: TypeAlias = (
    str | int | float | bool | datetime | list[Any] | dict[str, Any] | None
)
Values: TypeAlias = Mapping[str, Any]
Evaluator: TypeAlias = Callable[[Values, datetime], Any]


class Marker(Enum):
    MISSING = "missing"
    FAILED = "failed"


MISSING = Marker.MISSING
FAILED = Marker.FAILED


class Mixed(list[Any]):
    """A list whose items may be of any type, even where all of them are texts."""


class Texts(list[Any]):
    """A list of texts, even where it is empty."""


class MixedMap(dict[str, Any]):
    """A map whose values may be of any type."""


class Shape(Enum):
    """The types that operators tell apart."""

    INT = "int"
    FLOAT = "number"
    BOOL = "bool"
    TEXT = "string"
    TIME = "time"
    MIXED = "list"
    TEXTS = "list of strings"
    MAP = "map"
    NULL = "null"
    MISSING = "missing"
    OTHER = "other"


_SHAPES: dict[type, Shape] = {
    int: Shape.INT,
    float: Shape.FLOAT,
    bool: Shape.BOOL,
    str: Shape.TEXT,
    datetime: Shape.TIME,
    Mixed: Shape.MIXED,
    Texts: Shape.TEXTS,
    dict: Shape.MAP,
    MixedMap: Shape.MAP,
    type(None): Shape.NULL,
}
_SCALARS = (str, int, float, bool)


def shape_of(value: Any) -> Shape:
    shape = _SHAPES.get(type(value))
    if shape is not None:
        return shape
    if type(value) is list:
        return Shape.TEXTS if is_texts(value) else Shape.MIXED
    return Shape.MISSING if value is MISSING else Shape.OTHER


def is_texts(items: list[Any]) -> bool:
    return set(map(type, items)) == {str}


def is_key_list(value: Any) -> bool:
    """Whether a map also counts as the list of its keys: one type of scalar values."""
    if type(value) is not dict or not value:
        return False
    kinds = {type(item) for item in value.values()}
    return len(kinds) == 1 and kinds <= set(_SCALARS)


def in_utc(moment: datetime) -> datetime:
    """The moment with a time zone: one without is meant in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
