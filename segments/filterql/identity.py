"""What makes two conditions the same: their content, wherever they were written."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeAlias

from segments.filterql.nodes import Field, Node, Number, Text

Identity: TypeAlias = tuple[Any, ...]
_PARTS: dict[type[Node], tuple[str, ...]] = {}


def identity_of(node: Node) -> Identity:
    """A hashable content, in which 5 and 5.0 differ as they do in comparisons."""
    kind = type(node)
    if kind is Field:
        assert isinstance(node, Field)
        return (Field, node.name, node.key, node.whole)
    if kind is Text:
        assert isinstance(node, Text)
        return (Text, node.value)
    if kind is Number:
        assert isinstance(node, Number)
        return (type(node.value), node.value)
    return (kind, *(_part(getattr(node, name)) for name in _names(kind)))


def _part(part: Any) -> Any:
    if isinstance(part, Node):
        return identity_of(part)
    return tuple(map(identity_of, part)) if isinstance(part, tuple) else part


def _names(kind: type[Node]) -> tuple[str, ...]:
    names = _PARTS.get(kind)
    if names is None:
        compared = (each.name for each in fields(kind) if each.compare)
        names = _PARTS[kind] = tuple(compared)
    return names
