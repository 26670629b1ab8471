"""+ - * / % : whole numbers in 64 bits, all else as floats."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from segments.filterql.coerce import as_float, loose_float, truncated, wrapped
from segments.filterql.comparison import holds_number, text_number
from segments.filterql.values import FAILED, MISSING, Shape, shape_of

NAN = float("nan")


def calculate(sign: str, left: Any, right: Any, now: datetime) -> Any:
    kind = type(left)
    if kind is int:
        return _from_int(sign, left, right)
    if kind is float:
        return _from_float(sign, left, right)
    if kind is str:
        return _from_text(sign, left, right)
    return MISSING


def _from_int(sign: str, left: int, right: Any) -> Any:
    if type(right) is int:
        return _whole(sign, left, right)
    if type(right) is str:
        number = text_number(right)
        if type(number) is int:
            result = _whole(sign, left, number)
            return MISSING if result is None else result
        right = number
    return _real(sign, as_float(left), right) if type(right) is float else MISSING


def _from_float(sign: str, left: float, right: Any) -> Any:
    if type(right) is str:
        right = text_number(right)
    if type(right) is int:
        right = as_float(right)
    if type(right) is float:
        return _real(sign, left, right)
    return holds_number(right, left) if shape_of(right) is Shape.MIXED else MISSING


def _from_text(sign: str, left: str, right: Any) -> Any:
    if type(right) is str:
        return FAILED
    if type(right) is int:
        right = as_float(right)
    return _real(sign, loose_float(left), right) if type(right) is float else MISSING


def _whole(sign: str, left: int, right: int) -> Any:
    """Null for a division by zero, as in the engine; the rest of one has no value."""
    if sign == "+":
        return wrapped(left + right)
    if sign == "-":
        return wrapped(left - right)
    if sign == "*":
        return wrapped(left * right)
    if right == 0:
        return None if sign == "/" else MISSING
    quotient = abs(left) // abs(right)
    if (left < 0) != (right < 0):
        quotient = -quotient
    return wrapped(quotient) if sign == "/" else wrapped(left - quotient * right)


def _real(sign: str, left: float, right: float) -> Any:
    if math.isnan(left) or math.isnan(right):
        return NAN
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if sign == "/":
        return _quotient(left, right)
    rest = _whole("%", truncated(left), truncated(right))
    return rest if rest is MISSING else float(rest)


def _quotient(left: float, right: float) -> float:
    if right:
        return left / right
    if not left:
        return NAN
    return math.copysign(math.inf, left) * math.copysign(1.0, right)
