"""From tree to function: what an expression does is decided once, not per profile.

Each node becomes a closure over the closures of its parts, called with the values of
a profile and the present moment. Closures raise nothing: whatever cannot be evaluated
is MISSING.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any, NamedTuple

from segments.filterql import functions
from segments.filterql.arithmetic import calculate
from segments.filterql.changes import (
    Instants,
    first_change,
    instants_of,
    next_hours,
    reads_calendar,
)
from segments.filterql.coerce import seconds, to_float, to_int, to_time
from segments.filterql.comparison import TESTS, compare
from segments.filterql.conditions import against_constant
from segments.filterql.errors import FilterQLError
from segments.filterql.limits import DEEPEST_WITH_INCLUDES, LONGEST_INCLUDE_PATH
from segments.filterql.logic import combine
from segments.filterql.membership import match
from segments.filterql.nodes import (
    ARITHMETIC,
    AllOf,
    AnyOf,
    Array,
    Between,
    Binary,
    Boolean,
    Call,
    Chain,
    Exists,
    Field,
    Group,
    Include,
    MatchAll,
    Minus,
    Node,
    Not,
    Null,
    Number,
    Text,
    depth_of,
)
from segments.filterql.references import fields_of, uses_now
from segments.filterql.statements import Statement
from segments.filterql.values import MISSING, Evaluator, Mixed, Values


class Result(NamedTuple):
    """Whether a filter matches, and whether it could be evaluated at all."""

    match: bool
    ok: bool


class Compiled:
    """A filter that is ready to be asked about profiles."""

    __slots__ = ("_calendar", "_instants", "fields", "resolved", "uses_now", "value")

    def __init__(
        self,
        evaluate: Evaluator,
        *,
        fields: frozenset[str] = frozenset(),
        uses_now: bool = False,
        resolved: bool = True,
        calendar: bool = False,
        instants: tuple[Instants, ...] = (),
    ) -> None:
        self.value = evaluate
        """Gives the value of the expression, MISSING where it cannot be evaluated."""
        self.fields = fields
        """The fields the answer depends on, those of included filters too."""
        self.uses_now = uses_now
        """Whether the answer can change by the passing of time alone."""
        self.resolved = resolved
        """Whether every filter it includes, and those include, is known."""
        self._calendar = calendar
        self._instants = instants

    def __call__(self, values: Values, now: datetime) -> bool:
        return self.value(values, now) is True

    def evaluate(self, values: Values, now: datetime) -> Result:
        value = self.value(values, now)
        return Result(value is True, value is not MISSING)

    def boundary(self, values: Values, now: datetime) -> datetime | None:
        """The next instant at which the match changes if nothing but time passes.

        A filter that asks for the hour or the month, and does not change within a
        day, is to be asked again after it.
        """
        if not self.uses_now:
            return None
        instants = {
            when for instants in self._instants for when in instants(values, now)
        }
        hours = list(next_hours(values, now)) if self._calendar else []
        soonest = first_change(self, instants.union(hours), values, now)
        ask_again = hours[-1] if hours else None
        return min(filter(None, (soonest, ask_again)), default=None)


IncludeCallback = Callable[[str], Compiled | None]


class _Path(NamedTuple):
    """Where a compilation stands: the names it came through, and how deep."""

    names: tuple[str, ...] = ()
    depth: int = 0


START = _Path()
_path: ContextVar[_Path] = ContextVar("filterql_include_path", default=START)


def compile_filter(
    source: Statement | Node | None, include: IncludeCallback | None = None
) -> Compiled:
    """Prepare a filter; included ones are asked for by name as they are met.

    A name that `include` does not know makes the INCLUDE not evaluable. A filter that
    includes itself, directly or through others, is an error that names the path.
    """
    node = source.expression if isinstance(source, Statement) else source
    if node is None:
        return Compiled(_missing)
    outer = _path.get()
    depth = outer.depth + depth_of(node)
    if depth > DEEPEST_WITH_INCLUDES:
        raise FilterQLError(
            "filters are nested too deeply through INCLUDE: "
            + " -> ".join(outer.names[:10])
        )
    token = _path.set(_Path(outer.names, depth))
    try:
        return _Compiler(include).whole(node)
    finally:
        _path.reset(token)


def _missing(values: Values, now: datetime) -> Any:
    return MISSING


class _Compiler:
    """Compiles one tree."""

    def __init__(self, include: IncludeCallback | None) -> None:
        self._include = include
        self._included: dict[str, Compiled | None] = {}
        self._instants: list[Instants] = []

    def whole(self, node: Node) -> Compiled:
        evaluate = self.evaluator(node)
        included = [found for found in self._included.values() if found is not None]
        return Compiled(
            evaluate,
            fields=fields_of(node).union(*(found.fields for found in included)),
            uses_now=uses_now(node) or any(found.uses_now for found in included),
            resolved=len(included) == len(self._included)
            and all(found.resolved for found in included),
            calendar=reads_calendar(node) or any(f._calendar for f in included),
            instants=(
                *self._instants,
                *(instants for found in included for instants in found._instants),
            ),
        )

    def evaluator(self, node: Node) -> Evaluator:
        match node:
            case Text(value) | Number(value) | Boolean(value):
                return _constant(value)
            case Null():
                return _constant(None)
            case MatchAll():
                return _constant(True)
            case Field():
                return _field(node)
            case Array() | Group():
                return self._list(node)
            case Binary():
                return self._binary(node)
            case Chain(operator, items):
                return _chain(operator, [self.evaluator(item) for item in items])
            case AllOf(items):
                return _all_of([self.evaluator(item) for item in items])
            case AnyOf(items):
                return _any_of([self.evaluator(item) for item in items])
            case Not(Include() as included):
                return self._included_filter(included, negated=True)
            case Include():
                return self._included_filter(node, negated=False)
            case Not(operand):
                return _not(self.evaluator(operand))
            case Minus(operand):
                return _minus(self.evaluator(operand))
            case Exists(operand):
                return _exists(self.evaluator(operand))
            case Between():
                return self._between(node)
            case Call():
                return self._call(node)
        raise TypeError(f"{type(node).__name__} is no part of an expression")

    def _list(self, node: Array | Group) -> Evaluator:
        constants = constant_list(node)
        if constants is not None:
            return _constant(constants)
        items = [self.evaluator(item) for item in node.items]

        def evaluate(values: Values, now: datetime) -> Any:
            found = (item(values, now) for item in items)
            return Mixed(None if value is MISSING else value for value in found)

        return evaluate

    def _binary(self, node: Binary) -> Evaluator:
        fast = _fast_condition(node)
        left, right = self.evaluator(node.left), self.evaluator(node.right)
        if node.operator in TESTS:
            self._instants += instants_of((node.left, left), (node.right, right))
        general = _binary(node.operator, left, right)
        if fast is None or not isinstance(node.left, Field):
            return general
        if _is_simple(node.left):
            return fast
        name = node.left.name
        return lambda values, now: (
            fast(values, now) if name in values else general(values, now)
        )

    def _between(self, node: Between) -> Evaluator:
        operand, low, high = (
            (part, self.evaluator(part)) for part in (node.operand, node.low, node.high)
        )
        self._instants += instants_of(operand, low)
        self._instants += instants_of(operand, high)
        general = _between(operand[1], low[1], high[1])
        ends = constant_of(node.low), constant_of(node.high)
        if MISSING in ends:
            return general
        return _between_numbers(operand[1], *ends, general)

    def _included_filter(self, node: Include, *, negated: bool) -> Evaluator:
        found = self._found(node)
        if found is None or not found.resolved:
            return _missing
        value = found.value
        if negated:
            return lambda values, now: value(values, now) is not True

        def evaluate(values: Values, now: datetime) -> Any:
            result = value(values, now)
            return result if type(result) is bool else MISSING

        return evaluate

    def _found(self, node: Include) -> Compiled | None:
        if node.name not in self._included:
            self._included[node.name] = self._ask(node)
        return self._included[node.name]

    def _ask(self, node: Include) -> Compiled | None:
        if self._include is None:
            return None
        path = _path.get()
        names = (*path.names, node.name)
        if node.name in path.names:
            circle = " -> ".join(names[path.names.index(node.name) :])
            raise FilterQLError(
                f"filters include each other in a circle: {circle}", place=node.place
            )
        if len(names) > LONGEST_INCLUDE_PATH:
            raise FilterQLError(
                f"more than {LONGEST_INCLUDE_PATH} filters include one another",
                place=node.place,
            )
        token = _path.set(_Path(names, path.depth))
        try:
            return self._include(node.name)
        finally:
            _path.reset(token)

    def _call(self, node: Call) -> Evaluator:
        function = functions.find(node.name)
        if function is None:
            return _missing
        call = function.implementation
        arguments = [self.evaluator(argument) for argument in node.arguments]
        if function.wants_context:
            return lambda values, now: call(
                functions.Context(values, now), *_arguments(arguments, values, now)
            )
        return lambda values, now: call(*_arguments(arguments, values, now))


def _arguments(arguments: list[Evaluator], values: Values, now: datetime) -> list[Any]:
    """The values of arguments; what cannot be evaluated comes as null."""
    found = (argument(values, now) for argument in arguments)
    return [None if value is MISSING else value for value in found]


def constant_of(node: Node) -> Any:
    """The value of a literal, MISSING where the node is none."""
    if isinstance(node, Text | Number | Boolean):
        return node.value
    if isinstance(node, Array | Group):
        items = constant_list(node)
        return MISSING if items is None else items
    return None if isinstance(node, Null) else MISSING


def constant_list(node: Array | Group) -> Mixed | None:
    """The items of a list of literals; numbers in [ ] are floats, as in the engine."""
    items = [constant_of(item) for item in node.items]
    if any(item is MISSING for item in items):
        return None
    if isinstance(node, Array):
        items = [float(item) if type(item) is int else item for item in items]
    return Mixed(items)


def _binary(operator: str, left: Evaluator, right: Evaluator) -> Evaluator:
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


def _fast_condition(node: Binary) -> Evaluator | None:
    if not isinstance(node.left, Field) or node.left.key is not None:
        return None
    return against_constant(node.left.name, node.operator, constant_of(node.right))


def _constant(value: Any) -> Evaluator:
    return lambda values, now: value


def _is_simple(node: Field) -> bool:
    return node.key is None and (node.whole or "." not in node.name)


def _field(node: Field) -> Evaluator:
    """The field itself, else a key of the map before the first dot."""
    name, key = node.name, node.key
    if _is_simple(node):
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


def _chain(operator: str, items: list[Evaluator]) -> Evaluator:
    first, rest = items[0], items[1:]

    def evaluate(values: Values, now: datetime) -> Any:
        result = first(values, now)
        for item in rest:
            result = combine(operator, result, item(values, now))
        return result

    return evaluate


def _all_of(items: list[Evaluator]) -> Evaluator:
    """The first that is not true decides: false, or not evaluable."""

    def evaluate(values: Values, now: datetime) -> Any:
        for item in items:
            result = item(values, now)
            if result is not True:
                return False if result is False else MISSING
        return True

    return evaluate


def _any_of(items: list[Evaluator]) -> Evaluator:
    """Items that cannot be evaluated are passed over."""

    def evaluate(values: Values, now: datetime) -> Any:
        for item in items:  # noqa: SIM110 - any() of a generator takes twice as long
            if item(values, now) is True:
                return True
        return False

    return evaluate


def _not(operand: Evaluator) -> Evaluator:
    def evaluate(values: Values, now: datetime) -> Any:
        result = operand(values, now)
        return not result if type(result) is bool else MISSING

    return evaluate


def _minus(operand: Evaluator) -> Evaluator:
    def evaluate(values: Values, now: datetime) -> Any:
        result = operand(values, now)
        if type(result) not in (int, float, datetime):
            return MISSING
        number = to_float(result)
        return MISSING if number is None else -number

    return evaluate


def _exists(operand: Evaluator) -> Evaluator:
    def evaluate(values: Values, now: datetime) -> Any:
        result = operand(values, now)
        return result is not MISSING and result is not None

    return evaluate


def _between(operand: Evaluator, low: Evaluator, high: Evaluator) -> Evaluator:
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


def _between_numbers(
    operand: Evaluator, low: Any, high: Any, general: Evaluator
) -> Evaluator:
    """The fast way between constants, for a number that is there."""
    wholes = to_int(low), to_int(high)
    numbers = to_float(low), to_float(high)

    def evaluate(values: Values, now: datetime) -> Any:
        value = operand(values, now)
        if type(value) is int:
            return _inside(value, *wholes)
        if type(value) is float:
            return _inside(value, *numbers)
        return general(values, now)

    return evaluate


def _inside(value: Any, low: Any, high: Any) -> Any:
    return MISSING if low is None or high is None else low < value < high


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else seconds(moment)
