"""Functions that compare and decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from segments.filterql.coerce import is_nil, to_bool, to_float, to_int
from segments.filterql.equality import equal
from segments.filterql.functions.registry import function
from segments.filterql.values import MISSING


@function("not(x)", 1)
def negate(value: Any) -> Any:
    """The opposite of a truth value, or of a text or number that is one."""
    truth = to_bool(value)
    return MISSING if truth is None else not truth


@function("eq(a, b)", 2)
def eq(left: Any, right: Any) -> Any:
    """Whether both are equal, the second converted to the type of the first."""
    return equal(left, right)


@function("ne(a, b)", 2)
def ne(left: Any, right: Any) -> Any:
    """Whether the two differ, the second converted to the type of the first."""
    return not equal(left, right)


def _numbers(left: Any, right: Any) -> tuple[float, float] | None:
    first, second = to_float(left), to_float(right)
    return None if first is None or second is None else (first, second)


@function("gt(a, b)", 2, compares=True)
def gt(left: Any, right: Any) -> Any:
    """Whether a, as a number, is greater than b."""
    pair = _numbers(left, right)
    return MISSING if pair is None else pair[0] > pair[1]


@function("ge(a, b)", 2, compares=True)
def ge(left: Any, right: Any) -> Any:
    """Whether a, as a number, is at least b."""
    pair = _numbers(left, right)
    return MISSING if pair is None else pair[0] >= pair[1]


@function("lt(a, b)", 2, compares=True)
def lt(left: Any, right: Any) -> Any:
    """Whether a, as a number, is less than b."""
    pair = _numbers(left, right)
    return MISSING if pair is None else pair[0] < pair[1]


@function("le(a, b)", 2, compares=True)
def le(left: Any, right: Any) -> Any:
    """Whether a, as a number, is at most b."""
    pair = _numbers(left, right)
    return MISSING if pair is None else pair[0] <= pair[1]


@function("exists(x)", 1)
def exists(value: Any) -> Any:
    """Whether there is a value; of maps only those of whole numbers count."""
    if isinstance(value, dict):
        return bool(value) and all(type(item) is int for item in value.values())
    return value is not None


@function("any(x, …)", (1, None))
def any_of(*values: Any) -> Any:
    """Whether one of the values is neither missing nor empty."""
    return any(not is_nil(value) for value in values)


@function("all(x, …)", (1, None))
def all_of(*values: Any) -> Any:
    """Whether no value is missing, empty, false or a number other than zero."""
    return all(_passes(value) for value in values)


def _passes(value: Any) -> bool:
    if is_nil(value):
        return False
    if isinstance(value, bool):
        return value
    numeric = isinstance(value, int | float | datetime)
    return to_int(value) == 0 if numeric else True
