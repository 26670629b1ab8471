"""The functions that filters are made of, each over the functions of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from segments.filterql.arithmetic import calculate
from segments.filterql.coerce import seconds, to_float, to_int, to_time
from segments.filterql.comparison import TESTS, compare
from segments.filterql.functions import Context, Function
from segments.filterql.logic import combine
from segments.filterql.membership import match
from segments.filterql.nodes import ARITHMETIC, Field
from segments.filterql.values import MISSING, Evaluator, Mixed, Values


def missing(values: Values, now: datetime) -> Any:
    """What cannot be evaluated, whatever the values."""
    return MISSING


def call(function: Function, arguments: list[Evaluator]) -> Evaluator:
    implementation = function.implementation
    if function.wants_context:
        return lambda values, now: implementation(
            Context(values, now), *_arguments(arguments, values, now)
        )
    return lambda values, now: implementation(*_arguments(arguments, values, now))


def told(instants: Callable[..., Any], arguments: list[Evaluator]) -> Evaluator:
    """The instants at which a call of a function can change, as the function tells."""
    return lambda values, now: instants(
        Context(values, now), *_arguments(arguments, values, now)
    )


def included(found: Evaluator, *, negated: bool) -> Evaluator:
    """The answer of an included filter; NOT of one that is not ok is true."""
    if negated:
        return lambda values, now: found(values, now) is not True

    def evaluate(values: Values, now: datetime) -> Any:
        result = found(values, now)
        return result if type(result) is bool else MISSING

    return evaluate


def items(parts: list[Evaluator]) -> Evaluator:
    """A list of what its parts are; what cannot be evaluated is null."""
    return lambda values, now: Mixed(_arguments(parts, values, now))


def _arguments(arguments: list[Evaluator], values: Values, now: datetime) -> list[Any]:
    """The values of arguments; what cannot be evaluated comes as null."""
    found = (argument(values, now) for argument in arguments)
    return [None if value is MISSING else value for value in found]


def binary(operator: str, left: Evaluator, right: Evaluator) -> Evaluator:
    if operator in TESTS:
        return lambda values, now: compare(
            operator, left(values, now), right(values, now), now
        )
    if operator in ARITHMETIC:
        return lambda values, now: calculate(
            operator, left(values, now), right(values, now), now
        )
    return lambda values, now: match(
        operator, left(values, now), right(values, now), now
    )


def constant(value: Any) -> Evaluator:
    return lambda values, now: value


def is_simple(node: Field) -> bool:
    return node.key is None and (node.whole or "." not in node.name)


def field(node: Field) -> Evaluator:
    """The field itself, else a key of the map before the first dot."""
    name, key = node.name, node.key
    if is_simple(node):
        return lambda values, now: values.get(name, MISSING)
    if key is not None:
        return lambda values, now: _from_map(values, name, key)
    root, _, rest = name.partition(".")

    def evaluate(values: Values, now: datetime) -> Any:
        value = values.get(name, MISSING)
        return _from_map(values, root, rest) if value is MISSING else value

    return evaluate


def _from_map(values: Values, root: str, key: str) -> Any:
    found = values.get(root, MISSING)
    return found.get(key, MISSING) if isinstance(found, Mapping) else MISSING


def chain(operator: str, items: list[Evaluator]) -> Evaluator:
    return lambda values, now: fold(operator, [item(values, now) for item in items])


def fold(operator: str, results: Sequence[Any]) -> Any:
    """Infix AND or OR over values, from the left."""
    result = results[0]
    for other in results[1:]:
        result = combine(operator, result, other)
    return result


def all_of(items: list[Evaluator]) -> Evaluator:
    """The first that is not true decides: false, or not evaluable."""

    def evaluate(values: Values, now: datetime) -> Any:
        for item in items:
            result = item(values, now)
            if result is not True:
                return False if result is False else MISSING
        return True

    return evaluate


def any_of(items: list[Evaluator]) -> Evaluator:
    """Items that cannot be evaluated are passed over."""

    def evaluate(values: Values, now: datetime) -> Any:
        for item in items:  # noqa: SIM110 - any() of a generator takes twice as long
            if item(values, now) is True:
                return True
        return False

    return evaluate


def negation(operand: Evaluator) -> Evaluator:
    def evaluate(values: Values, now: datetime) -> Any:
        result = operand(values, now)
        return not result if type(result) is bool else MISSING

    return evaluate


def minus(operand: Evaluator) -> Evaluator:
    def evaluate(values: Values, now: datetime) -> Any:
        result = operand(values, now)
        if type(result) not in (int, float, datetime):
            return MISSING
        number = to_float(result)
        return MISSING if number is None else -number

    return evaluate


def exists(operand: Evaluator) -> Evaluator:
    def evaluate(values: Values, now: datetime) -> Any:
        result = operand(values, now)
        return result is not MISSING and result is not None

    return evaluate


def between(operand: Evaluator, low: Evaluator, high: Evaluator) -> Evaluator:
    """Both ends are outside; the type of the operand decides how they are read."""

    def evaluate(values: Values, now: datetime) -> Any:
        value = operand(values, now)
        kind = type(value)
        ends = (low(values, now), high(values, now))
        if kind is int:
            return _inside(value, *map(to_int, ends))
        if kind is float:
            return _inside(value, *map(to_float, ends))
        if kind is datetime:
            moments = (to_time(end, now) for end in ends)
            return _inside(seconds(value), *map(_seconds, moments))
        return MISSING

    return evaluate


def _inside(value: Any, low: Any, high: Any) -> Any:
    return MISSING if low is None or high is None else low < value < high


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else seconds(moment)
