"""Functions on numbers."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from segments.filterql.coerce import is_nil, loose_float, to_float
from segments.filterql.functions.registry import function
from segments.filterql.values import MISSING, Shape, shape_of

NUMERIC = (int, float, datetime)


@function("sqrt(n)", 1)
def sqrt(value: Any) -> Any:
    """The square root of a number."""
    number = to_float(value) if type(value) in NUMERIC else None
    if number is None:
        return MISSING
    return math.sqrt(number) if number >= 0 else math.nan


@function("pow(a, b)", 2)
def power(base: Any, exponent: Any) -> Any:
    """A number to the power of another."""
    first, second = to_float(base), to_float(exponent)
    if is_nil(base) or is_nil(exponent) or first is None or second is None:
        return MISSING
    try:
        return math.pow(first, second)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan if first else math.inf


@function("sum(x, …)", (1, None))
def total(*values: Any) -> Any:
    """The sum of numbers, texts that are numbers and items of lists."""
    result = 0.0
    for value in values:
        added = 0.0 if is_nil(value) else _sum_of(value)
        if added is None:
            return MISSING
        result += added
    return result if result else MISSING


def _sum_of(value: Any) -> float | None:
    shape = shape_of(value)
    if shape in (Shape.TEXT, Shape.TEXTS):
        texts = [value] if shape is Shape.TEXT else value
        numbers = [loose_float(text) for text in texts]
        return sum(number for number in numbers if not math.isnan(number))
    if shape is Shape.MIXED:
        return _sum_of_numbers([to_float(item) for item in value])
    return to_float(value) if type(value) in NUMERIC else None


def _sum_of_numbers(numbers: list[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


@function("avg(x, …)", (1, None))
def average(*values: Any) -> Any:
    """The mean of numbers, texts that are numbers and items of lists."""
    numbers: list[float | None] = []
    for value in values:
        if shape_of(value) in (Shape.MIXED, Shape.TEXTS):
            numbers += [to_float(item) for item in value]
        elif type(value) is str and to_float(value) is not None:
            numbers.append(to_float(value))
        elif type(value) in NUMERIC:
            numbers.append(math.nan if to_float(value) is None else to_float(value))
    result = _sum_of_numbers(numbers)
    return MISSING if result is None or not numbers else result / len(numbers)


@function("count(x)", 1)
def count(value: Any) -> Any:
    """1 where there is a value."""
    return MISSING if is_nil(value) else 1
