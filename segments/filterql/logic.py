"""Infix AND, OR and &&: operators on two values, both of which are evaluated.

The function forms `AND ( … )` and `OR ( … )` are conditions of their own and live in
the compiler.
"""

from __future__ import annotations

from typing import Any

from segments.filterql.coerce import as_float, loose_float
from segments.filterql.comparison import holds_number, text_number
from segments.filterql.values import FAILED, MISSING, Shape, shape_of


def combine(operator: str, left: Any, right: Any) -> Any:
    if type(left) is bool and type(right) is bool:
        return (left or right) if operator == "OR" else (left and right)
    if left is MISSING or right is MISSING:
        if operator != "OR":
            return MISSING if left is right else False
        return _or_with_missing(left, right)
    return _combine(operator, left, right)


def _or_with_missing(left: Any, right: Any) -> Any:
    if left is MISSING:
        return right is True
    return _combine("OR", left, None)


def _combine(operator: str, left: Any, right: Any) -> Any:
    shape = shape_of(left)
    if shape in (Shape.INT, Shape.FLOAT):
        return _from_number(operator, left, right)
    if shape is Shape.TEXT:
        return _from_text(operator, left, right)
    if shape in (Shape.MIXED, Shape.TEXTS):
        return False
    if operator == "&&" or shape not in (Shape.BOOL, Shape.NULL):
        return MISSING
    if shape is Shape.NULL:
        return operator == "OR" and right is True
    return (operator == "OR" and left) if right is None else MISSING


def _from_number(operator: str, left: int | float, right: Any) -> Any:
    if type(left) is float and shape_of(right) is Shape.MIXED:
        return holds_number(right, left)
    if operator == "&&":
        return None if type(left) is type(right) is int else MISSING
    if type(right) is str:
        right = text_number(right)
    if type(right) not in (int, float):
        return MISSING
    return _numbers(operator, left, right)


def _from_text(operator: str, left: str, right: Any) -> Any:
    if type(right) is str:
        return FAILED
    if type(right) is bool:
        return False
    if type(right) not in (int, float) or operator == "&&":
        return MISSING
    number = as_float(right) if type(right) is int else right
    return _numbers(operator, loose_float(left), number)


def _numbers(operator: str, left: float, right: float) -> bool:
    if operator == "OR":
        return left != 0 or right != 0
    return left != 0 and right != 0
