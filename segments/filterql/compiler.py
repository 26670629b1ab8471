"""From tree to function: what a filter does is decided once, not per profile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from segments.filterql.answers import Answers
from segments.filterql.compiled import Compiled
from segments.filterql.conditions import leaf_of
from segments.filterql.generation import (
    Asked,
    Parameters,
    function_leaf,
    maker,
)
from segments.filterql.nodes import Include, Node
from segments.filterql.references import includes_of
from segments.filterql.shapes import (
    UNKNOWN,
    Layout,
    Leaf,
    Operands,
    Shape,
)
from segments.filterql.sharing import Conditions, SharedFilter
from segments.filterql.statements import Statement
from segments.filterql.values import Values

IncludeCallback = Callable[[str], Compiled | None]


def compile_filter(
    source: Statement | Node | None, include: IncludeCallback | None = None
) -> Compiled:
    """Prepare a filter; included ones are asked for by name as they are met.

    A name that `include` does not know makes the INCLUDE not evaluable. A filter that
    includes itself, directly or through others, is an error that names the path.
    """
    node = source.expression if isinstance(source, Statement) else source
    return _Compiler(include).compile(node)


class _Compiler:
    """Compiles one tree."""

    def __init__(self, include: IncludeCallback | None) -> None:
        self._include = include
        self._included: dict[str, Compiled] = {}
        self._conditions = Conditions()

    def compile(self, node: Node | None) -> Compiled:
        shared = self._conditions.compile(node, self._ask)

        def asked_with_answers(values: Values, now: datetime) -> bool:
            return shared.matches(Answers(values, now))

        if node is None or includes_of(node):
            # Answers remember those of included filters, met on however many ways.
            return Compiled(shared, asked_with_answers)
        shape, operands = Layout(self._leaf, _unknown, self._function).of(node)
        make = maker(shape, Asked.TRUE, Parameters.VALUES, guarded=True)
        return Compiled(shared, make(*operands, asked_with_answers))

    def _ask(self, name: str) -> SharedFilter | None:
        found = self._include(name) if self._include is not None else None
        return None if found is None else found.shared

    def _leaf(self, node: Node) -> Leaf:
        return leaf_of(node, self._conditions.condition(node, _not_found).general)

    def _function(self, shape: Shape, operands: Operands) -> Leaf:
        return function_leaf(shape, operands, Parameters.VALUES)


def _unknown(node: Include, negated: bool) -> Leaf:
    return UNKNOWN, ()


def _not_found(node: Include) -> SharedFilter | None:
    return None
