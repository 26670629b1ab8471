"""What a tree is worth, by walking it: each node by itself, nothing generated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segments.filterql import Node, parse_filter
from segments.filterql.evaluators import Evaluators
from segments.filterql.nodes import Include
from segments.filterql.values import Evaluator, Values
from tests.segments.filterql.asking import NOW


def tree(text: str) -> Node:
    node = parse_filter(f"FILTER {text}").expression
    assert node is not None
    return node


def oracle(
    node: Node,
    values: Values,
    now: datetime = NOW,
    included: Mapping[str, Node] | None = None,
) -> Any:
    return evaluator_of(node, included)(values, now)


def evaluator_of(node: Node, included: Mapping[str, Node] | None = None) -> Evaluator:
    def find(include: Include) -> Evaluator | None:
        found = (included or {}).get(include.name)
        return None if found is None else Evaluators(find).evaluator(found)

    return Evaluators(find).evaluator(node)


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same, NaN and all."""
    same = one is other or (type(one) is type(other) and one == other)
    return same or (type(one) is type(other) and repr(one) == repr(other))
