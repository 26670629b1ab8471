"""From tree to function: what an expression does is decided once, not per profile.

Each node becomes a closure over the closures of its parts, called with the values of
a profile and the present moment. Closures raise nothing: whatever cannot be evaluated
is MISSING.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple

from segments.filterql import closures, functions
from segments.filterql.changes import Instants, instants_of, reads_calendar
from segments.filterql.comparison import TESTS
from segments.filterql.compiled import Compiled
from segments.filterql.conditions import against_constant
from segments.filterql.constants import constant_list, constant_of
from segments.filterql.errors import FilterQLError
from segments.filterql.limits import DEEPEST_WITH_INCLUDES, LONGEST_INCLUDE_PATH
from segments.filterql.nodes import (
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
from segments.filterql.values import MISSING, Evaluator

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
        return Compiled(closures.missing)
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
            calendar=reads_calendar(node) or any(f.calendar for f in included),
            instants=(
                *self._instants,
                *(instants for found in included for instants in found.instants),
            ),
        )

    def evaluator(self, node: Node) -> Evaluator:
        match node:
            case Text(value) | Number(value) | Boolean(value):
                return closures.constant(value)
            case Null():
                return closures.constant(None)
            case MatchAll():
                return closures.constant(True)
            case Field():
                return closures.field(node)
            case Array() | Group():
                return self._list(node)
            case Binary():
                return self._binary(node)
            case Chain(operator, items):
                return closures.chain(
                    operator, [self.evaluator(item) for item in items]
                )
            case AllOf(items):
                return closures.all_of([self.evaluator(item) for item in items])
            case AnyOf(items):
                return closures.any_of([self.evaluator(item) for item in items])
            case Not(Include() as included):
                return self._included_filter(included, negated=True)
            case Include():
                return self._included_filter(node, negated=False)
            case Not(operand):
                return closures.negation(self.evaluator(operand))
            case Minus(operand):
                return closures.minus(self.evaluator(operand))
            case Exists(operand):
                return closures.exists(self.evaluator(operand))
            case Between():
                return self._between(node)
            case Call():
                return self._call(node)
        raise TypeError(f"{type(node).__name__} is no part of an expression")

    def _list(self, node: Array | Group) -> Evaluator:
        constants = constant_list(node)
        if constants is not None:
            return closures.constant(constants)
        return closures.items([self.evaluator(item) for item in node.items])

    def _binary(self, node: Binary) -> Evaluator:
        fast = _fast_condition(node)
        left, right = self.evaluator(node.left), self.evaluator(node.right)
        if node.operator in TESTS:
            self._instants += instants_of((node.left, left), (node.right, right))
        general = closures.binary(node.operator, left, right)
        if fast is None or not isinstance(node.left, Field):
            return general
        if closures.is_simple(node.left):
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
        general = closures.between(operand[1], low[1], high[1])
        ends = constant_of(node.low), constant_of(node.high)
        if MISSING in ends:
            return general
        return closures.between_numbers(operand[1], *ends, general)

    def _included_filter(self, node: Include, *, negated: bool) -> Evaluator:
        found = self._found(node)
        if found is None or not found.resolved:
            return closures.missing
        return closures.included(found.value, negated=negated)

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
            return closures.missing
        arguments = [self.evaluator(argument) for argument in node.arguments]
        return closures.call(function, arguments)


def _fast_condition(node: Binary) -> Evaluator | None:
    if not isinstance(node.left, Field) or node.left.key is not None:
        return None
    return against_constant(node.left.name, node.operator, constant_of(node.right))
