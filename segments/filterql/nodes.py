"""The tree of an expression: plain values that compare by content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

from segments.filterql.errors import Place

COMPARISONS = ("==", "!=", ">", ">=", "<", "<=")
ARITHMETIC = ("+", "-", "*", "/", "%")
MATCHERS = ("IN", "INTERSECTS", "CONTAINS", "LIKE")


@dataclass(frozen=True, slots=True)
class Node:
    """What an expression is made of."""


@dataclass(frozen=True, slots=True)
class Text(Node):
    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    value: int | float


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Null(Node):
    pass


@dataclass(frozen=True, slots=True)
class MatchAll(Node):
    """`*`, which holds for everyone."""


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A field by name; `a.b` may name the key b of a map a."""

    name: str
    key: str | None = None
    """Given where the parts were quoted apart: `a`.`b` is always key b of a."""
    whole: bool = False
    """The name was quoted as one, so its dots are part of it."""
    place: Place = field(default=Place(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Array(Node):
    """`["a", 5]`: literals."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group(Node):
    """`("a", 5, x)` after IN: any expressions."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Two operands with one of COMPARISONS, ARITHMETIC or MATCHERS between."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """`a AND b AND c`: AND, OR or && between operands, from the left."""

    operator: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AllOf(Node):
    """`AND ( … )`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """`OR ( … )`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Minus(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Exists(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Include(Node):
    """Another filter, by the lower-cased alias or id."""

    name: str
    place: Place = field(default=Place(), compare=False, repr=False)


def negated(node: Node) -> Node:
    """NOT over a node; two cancel out over what is itself a condition as a whole."""
    if isinstance(node, Not) and isinstance(
        node.operand, Between | Include | AllOf | AnyOf
    ):
        return node.operand
    return Not(node)


def chained(operator: str, items: Sequence[Node]) -> Node:
    """Items under an infix AND or OR; a chain that begins them becomes part of it."""
    first = items[0]
    if isinstance(first, Chain) and first.operator == operator:
        return Chain(operator, (*first.items, *items[1:]))
    return Chain(operator, tuple(items))


def collected(kind: type[AllOf | AnyOf], items: list[Node]) -> Node:
    """An AND ( … ) or OR ( … ), which with a single item is that item."""
    return items[0] if len(items) == 1 else kind(tuple(items))


_PARTS: dict[type[Node], tuple[str, ...]] = {}


def _parts_of(kind: type[Node]) -> tuple[str, ...]:
    """The attributes of a kind of node that hold nodes."""
    names = _PARTS.get(kind)
    if names is None:
        held = (each.name for each in fields(kind) if "Node" in str(each.type))
        names = _PARTS[kind] = tuple(held)
    return names


def children(node: Node) -> Iterator[Node]:
    for name in _parts_of(type(node)):
        value = getattr(node, name)
        if isinstance(value, tuple):
            yield from value
        else:
            yield value


def with_children(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node over what becomes of those below it."""
    held = {name: getattr(node, name) for name in _parts_of(type(node))}
    changed = {
        name: tuple(map(change, value)) if isinstance(value, tuple) else change(value)
        for name, value in held.items()
    }
    return replace(node, **changed)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first, without recursion."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(tuple(children(current))))


def depth_of(node: Node) -> int:
    deepest = 0
    waiting = [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((child, depth + 1) for child in children(current))
    return deepest
