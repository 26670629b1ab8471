"""Literals: what is known of an expression before any profile is."""

from __future__ import annotations

from typing import Any

from segments.filterql.nodes import Array, Boolean, Group, Node, Null, Number, Text
from segments.filterql.values import MISSING, Mixed


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
