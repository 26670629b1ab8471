"""From tree to function: what a filter does is decided once, not per profile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from segments.filterql.compiled import Compiled
from segments.filterql.conditions import leaf_of
from segments.filterql.generation import (
    Asked,
    Parameters,
    function_leaf,
    maker,
)
from segments.filterql.nodes import Include, Node
from segments.filterql.shapes import (
    UNKNOWN,
    Layout,
    Leaf,
    Operands,
    Shape,
    Template,
)
from segments.filterql.sharing import Answers, Conditions, SharedFilter
from segments.filterql.statements import Statement
from segments.filterql.values import Values

IncludeCallback = Callable[[str], Compiled | None]

_INCLUDED = Shape(
    "leaf",
    template=Template(
        1,
        "{0}.matches(values, now)",
        "{0}.value(values, now) is False",
        "{0}.condition(values, now)",
    ),
)
_NOT_INCLUDED = Shape(
    "leaf",
    template=Template(
        1,
        "not {0}.matches(values, now)",
        "{0}.matches(values, now)",
        "not {0}.matches(values, now)",
    ),
)


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

        def otherwise(values: Values, now: datetime) -> bool:
            return shared.matches(Answers(values, now))

        shape, operands = (
            (UNKNOWN, ())
            if node is None
            else Layout(self._leaf, self._include_leaf, self._function).of(node)
        )
        make = maker(shape, Asked.TRUE, Parameters.VALUES, guarded=True)
        return Compiled(shared, make(*operands, otherwise))

    def _ask(self, name: str) -> SharedFilter | None:
        found = self._include(name) if self._include is not None else None
        if found is None:
            return None
        self._included[name] = found
        return found.shared

    def _leaf(self, node: Node) -> Leaf:
        condition = self._conditions.condition(node, self._shared)
        return leaf_of(node, condition.general)

    def _shared(self, node: Include) -> SharedFilter | None:
        found = self._known(node)
        return None if found is None else found.shared

    def _known(self, node: Include) -> Compiled | None:
        found = self._included.get(node.name)
        return found if found is not None and found.resolved else None

    def _include_leaf(self, node: Include, negated: bool) -> Leaf:
        found = self._known(node)
        if found is None:
            return UNKNOWN, ()
        return _NOT_INCLUDED if negated else _INCLUDED, (found,)

    def _function(self, shape: Shape, operands: Operands) -> Leaf:
        return function_leaf(shape, operands, Parameters.VALUES)
