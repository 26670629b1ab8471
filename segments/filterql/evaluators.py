"""What each node does: a closure over the closures of its parts.

Called with the values of a profile and the present moment. Closures raise nothing:
whatever cannot be evaluated is MISSING.
"""

from __future__ import annotations

from collections.abc import Callable

from segments.filterql import closures, functions
from segments.filterql.changes import Instants, instants_of
from segments.filterql.comparison import TESTS
from segments.filterql.constants import constant_list
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


class Evaluators:
    """Makes the evaluators of one condition.

    `included` gives the value of an included filter, None where it is not known.
    """

    def __init__(self, included: Callable[[Include], Evaluator | None]) -> None:
        self._included = included
        self.instants: list[Instants] = []
        """What its comparisons with now say of the instants they can change at."""

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
        left, right = self.evaluator(node.left), self.evaluator(node.right)
        if node.operator in TESTS:
            self.instants += instants_of((node.left, left), (node.right, right))
        return closures.binary(node.operator, left, right)

    def _between(self, node: Between) -> Evaluator:
        operand, low, high = (
            (part, self.evaluator(part)) for part in (node.operand, node.low, node.high)
        )
        self.instants += instants_of(operand, low)
        self.instants += instants_of(operand, high)
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
        arguments = [self.evaluator(argument) for argument in node.arguments]
        if function.instants is not None:
            self.instants.append(closures.told(function.instants, arguments))
        return closures.call(function, arguments)
