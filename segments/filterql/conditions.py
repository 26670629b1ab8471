"""Fast ways through the conditions people write most.

A field on the left and a constant on the right make up nearly all conditions. What
can be prepared of the constant is prepared once, the expected type of value is tried
first, and everything else goes the general way; the answers are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from segments.filterql.coerce import as_float, to_float, to_int, to_text
from segments.filterql.comparison import TESTS, compare
from segments.filterql.datemath import shifter
from segments.filterql.dates import parse_date
from segments.filterql.like import PatternError, matcher
from segments.filterql.membership import match
from segments.filterql.values import MISSING, Evaluator, Mixed, Values

SECOND = timedelta(seconds=1)
Threshold = Callable[[datetime], datetime | None]


def against_constant(name: str, operator: str, constant: Any) -> Evaluator | None:
    """An evaluator of `name operator constant`, None where there is no fast one."""
    kind = type(constant)
    if operator in TESTS:
        if kind is int or kind is float:
            return _number(name, operator, constant)
        if kind is str:
            return _text(name, operator, constant)
        return None
    if operator in ("IN", "INTERSECTS") and kind is Mixed:
        return _one_of(name, operator, constant)
    if operator == "CONTAINS" and kind is str:
        return _contains(name, constant)
    if operator == "LIKE" and kind is str:
        return _like(name, constant)
    return None


def _number(name: str, sign: str, constant: int | float) -> Evaluator:
    test = TESTS[sign]
    as_number = as_float(constant)
    whole = type(constant) is int

    def evaluate(values: Values, now: datetime) -> Any:
        value = values.get(name, MISSING)
        kind = type(value)
        if kind is int and whole:
            return test(value, constant)
        if kind is float:
            return test(value, as_number)
        return compare(sign, value, constant, now)

    return evaluate


def _text(name: str, sign: str, constant: str) -> Evaluator:
    threshold = _threshold(constant)
    if sign in ("==", "!="):
        return _same_text(name, sign, constant)
    if threshold is None:
        return lambda values, now: compare(
            sign, values.get(name, MISSING), constant, now
        )
    return _before_or_after(name, sign, constant, threshold)


def _same_text(name: str, sign: str, constant: str) -> Evaluator:
    wanted = sign == "=="

    def evaluate(values: Values, now: datetime) -> Any:
        value = values.get(name, MISSING)
        if type(value) is str:
            return (value == constant) is wanted
        return compare(sign, value, constant, now)

    return evaluate


def _threshold(text: str) -> Threshold | None:
    """The whole second that a date in text, or one relative to now, falls in."""
    shift = shifter(text)
    if shift is not None:
        return _per_moment(shift)
    moment = parse_date(text)
    if moment is None:
        return None
    second = moment.replace(microsecond=0)
    return lambda now: second


def _per_moment(shift: Threshold) -> Threshold:
    """The shift, worked out once for each now: a batch has one for all profiles."""
    known: tuple[datetime, datetime | None] | None = None

    def threshold(now: datetime) -> datetime | None:
        nonlocal known
        latest = known
        if latest is None or latest[0] is not now:
            moment = shift(now)
            second = None if moment is None else moment.replace(microsecond=0)
            known = latest = (now, second)
        return latest[1]

    return threshold


def _before_or_after(
    name: str, sign: str, constant: str, threshold: Threshold
) -> Evaluator:
    """Times compare by whole seconds: a later moment of the same second is equal."""
    after = sign in (">", ">=")
    next_second = sign in (">", "<=")

    def evaluate(values: Values, now: datetime) -> Any:
        value = values.get(name, MISSING)
        if type(value) is datetime and value.tzinfo is not None:
            limit = threshold(now)
            if limit is None:
                return MISSING
            if next_second:
                limit += SECOND
            return value >= limit if after else value < limit
        return compare(sign, value, constant, now)

    return evaluate


def _one_of(name: str, operator: str, constants: Mixed) -> Evaluator:
    if None in constants:
        return lambda values, now: match(
            operator, values.get(name, MISSING), constants, now
        )
    texts = frozenset(to_text(item) for item in constants)
    wholes = frozenset(to_int(item) for item in constants)
    numbers = frozenset(
        to_float(item) for item in constants if type(item) in (str, int, float)
    )

    def evaluate(values: Values, now: datetime) -> Any:
        value = values.get(name, MISSING)
        kind = type(value)
        if kind is str:
            return value in texts
        if kind is int:
            return value in wholes
        if kind is float:
            return value in numbers
        return match(operator, value, constants, now)

    return evaluate


def _contains(name: str, part: str) -> Evaluator:
    def evaluate(values: Values, now: datetime) -> Any:
        value = values.get(name, MISSING)
        if type(value) is str:
            return part in value
        return match("CONTAINS", value, part, now)

    return evaluate


def _like(name: str, pattern: str) -> Evaluator | None:
    try:
        matches = matcher(pattern)
    except PatternError:
        return None

    def evaluate(values: Values, now: datetime) -> Any:
        value = values.get(name, MISSING)
        if type(value) is str:
            return matches(value)
        return match("LIKE", value, pattern, now)

    return evaluate
