"""What each node does: a closure over the closures of its parts.

Called with the values of a profile and the present moment. Closures raise nothing:
whatever cannot be evaluated is MISSING.
"""

from __future__ import annotations

from collections.abc import Callable

from segments.filterql import closures, functions
from segments.filterql.comparison import TESTS
from segments.filterql.constants import constant_list
from segments.filterql.instants import (
    Instants,
    Side,
    of_comparison,
    of_end,
    of_order,
)
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
)
from segments.filterql.values import Evaluator

READABLE = (Field, Call, Array, Group)
"""What may stand for a text."""


class Evaluators:
    """Makes the evaluators of one condition.

    `included` gives the value of an included filter, None where it is not known.
    """

    def __init__(self, included: Callable[[Include], Evaluator | None]) -> None:
        self._included = included
        self.instants: list[Instants] = []
        """What its comparisons with now say of the instants they can change at."""
        self.readings: list[Side] = []
        """The parts whose value, where it is a text such as "now-1d", is a moment."""

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
        left, right = self._side(node.left), self._side(node.right)
        if node.operator in TESTS:
            self.instants += of_comparison(left, right)
            self._may_read(left, right)
        return closures.binary(node.operator, left[1], right[1])

    def _between(self, node: Between) -> Evaluator:
        operand, low, high = map(self._side, (node.operand, node.low, node.high))
        for end in (low, high):
            self.instants += of_end(operand, end)
            self._may_read(end)
        return closures.between(operand[1], low[1], high[1])

    def _included_filter(self, node: Include, *, negated: bool) -> Evaluator:
        found = self._included(node)
        if found is None:
            return closures.missing
        return closures.included(found, negated=negated)

    def _call(self, node: Call) -> Evaluator:
        function = functions.find(node.name)
        if function is None:
            return closures.missing
        given = [self._side(argument) for argument in node.arguments]
        arguments = [evaluator for _, evaluator in given]
        if function.instants is not None:
            self.instants.append(closures.told(function.instants, arguments))
        if function.compares:
            self.instants += of_order(*given)
        if function.reads_moments:
            for side in given:
                self._may_read(side)
        return closures.call(function, arguments)

    def _side(self, node: Node) -> Side:
        return node, self.evaluator(node)

    def _may_read(self, *sides: Side) -> None:
        """Moments may be read from all these; a literal tells so by itself, and next
        to it no text is a moment."""
        readable = [side for side in sides if isinstance(side[0], READABLE)]
        if len(readable) == len(sides):
            self.readings += readable
