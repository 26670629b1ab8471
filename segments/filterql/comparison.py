"""== != > >= < <= over values of any two types.

Which types can be compared, and what becomes of those that cannot, is a table of the
engine's (docs/filterql.md shows it); each function here is its row for one type on
the left.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any

from segments.filterql.coerce import (
    as_float,
    loose_float,
    seconds,
    strict_float,
    strict_int,
    text_bool,
    text_time,
    to_float,
    to_time,
)
from segments.filterql.values import FAILED, MISSING, Shape, shape_of

Test = Callable[[Any, Any], bool]

TESTS: dict[str, Test] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def compare(sign: str, left: Any, right: Any, now: datetime) -> Any:
    if left is MISSING or right is MISSING:
        return sign == "!=" and left is not right
    row = _ROWS.get(shape_of(left))
    return MISSING if row is None else row(sign, left, right, now)


def holds_number(items: list[Any], number: float) -> bool:
    """Whether an item of a list is that number; texts are read loosely."""
    return any(
        to_float(item) == number for item in items if type(item) in (str, int, float)
    )


def text_number(text: str) -> int | float | None:
    """The number a text is, strictly: no signs of money, no spaces."""
    whole = strict_int(text)
    return strict_float(text) if whole is None else whole


def _int(sign: str, left: int, right: Any, now: datetime) -> Any:
    if type(right) is str:
        right = text_number(right)
    if type(right) is int:
        return TESTS[sign](left, right)
    if type(right) is float:
        return TESTS[sign](as_float(left), right)
    return MISSING


def _float(sign: str, left: float, right: Any, now: datetime) -> Any:
    if type(right) is str:
        right = text_number(right)
    if type(right) is int:
        return TESTS[sign](left, as_float(right))
    if type(right) is float:
        return TESTS[sign](left, right)
    if shape_of(right) is Shape.MIXED:
        return holds_number(right, left)
    return MISSING


def _bool(sign: str, left: bool, right: Any, now: datetime) -> Any:
    comparable = right is None or type(right) is bool
    if comparable and sign in ("==", "!="):
        return TESTS[sign](left, right)
    return MISSING


def _text(sign: str, left: str, right: Any, now: datetime) -> Any:
    kind = type(right)
    if kind is str:
        return TESTS[sign](left, right) if sign in ("==", "!=") else FAILED
    if kind is int or kind is float:
        number = as_float(right) if kind is int else right
        return TESTS[sign](loose_float(left), number)
    if right is None:
        return TESTS[sign](left, "") if sign in ("==", "!=") else MISSING
    if kind is bool:
        return _text_with_bool(sign, left, right)
    if kind is datetime:
        moment = text_time(left, now)
        return MISSING if moment is None else _times(sign, moment, right)
    return MISSING


def _text_with_bool(sign: str, left: str, right: bool) -> Any:
    value = text_bool(left)
    if value is not None and sign in ("==", "!="):
        return TESTS[sign](value, right)
    return False if sign == "==" else MISSING


def _time(sign: str, left: datetime, right: Any, now: datetime) -> Any:
    moment = to_time(right, now)
    return MISSING if moment is None else _times(sign, left, moment)


def _times(sign: str, left: datetime, right: datetime) -> bool:
    return TESTS[sign](seconds(left), seconds(right))


def _mixed(sign: str, left: list[Any], right: Any, now: datetime) -> Any:
    """Only lists of times compare: it is enough that one of them does."""
    if not left:
        return False
    if type(left[0]) is not datetime:
        return MISSING
    moment = to_time(right, now)
    if moment is None:
        return MISSING
    for item in left:
        if type(item) is not datetime:
            return MISSING
        if _times(sign, item, moment):
            return True
    return False


def _texts(sign: str, left: list[str], right: Any, now: datetime) -> Any:
    return False if sign == "==" else MISSING


def _null(sign: str, left: None, right: Any, now: datetime) -> Any:
    if sign == "==":
        return right is None
    return True if sign == "!=" else MISSING


_ROWS: dict[Shape, Callable[[str, Any, Any, datetime], Any]] = {
    Shape.INT: _int,
    Shape.FLOAT: _float,
    Shape.BOOL: _bool,
    Shape.TEXT: _text,
    Shape.TIME: _time,
    Shape.MIXED: _mixed,
    Shape.TEXTS: _texts,
    Shape.NULL: _null,
}
