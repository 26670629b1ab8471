"""The logic of a filter apart from what it is about.

Filters of one shape differ in their conditions only, so that the code generated for
one serves them all: a shape is hashable and holds no name and no constant.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

from segments.filterql.like import PatternError, matcher
from segments.filterql.nodes import (
    AllOf,
    AnyOf,
    Array,
    Between,
    Binary,
    Boolean,
    Chain,
    Exists,
    Group,
    Include,
    MatchAll,
    Node,
    Not,
    Number,
    Text,
)

DEEPEST_SHAPE = 12
WIDEST_SHAPE = 250


class Answering(IntEnum):
    """What the value of a condition can be besides true, false and MISSING."""

    STRICT = 0
    """Nothing."""
    FAILING = 1
    """FAILED and null."""
    LOOSE = 2
    """Any value."""


class Template(NamedTuple):
    """The Python of a condition, with {0}, {1} … for its operands."""

    operands: int
    true: str
    """An expression that tells whether it is true,"""
    false: str
    """… whether it is false,"""
    value: str
    """… and its value."""
    answering: Answering = Answering.STRICT
    moments: tuple[int, ...] = ()
    """Which operands are functions of now, whose values are {m0}, {m1} …"""


class Shape(NamedTuple):
    """A condition, or AND, OR or NOT over shapes."""

    kind: str
    items: tuple[Shape, ...] = ()
    template: Template | None = None


Operands = tuple[Any, ...]
Leaf = tuple[Shape, Operands]

MATCH_ALL = Shape("leaf", template=Template(0, "True", "False", "True"))
UNKNOWN = Shape("leaf", template=Template(0, "False", "False", "MISSING"))

LOGIC = (AllOf, AnyOf, Chain, Not, Include, MatchAll)


class Layout:
    """Takes a tree apart into its shape and its operands, in the order of the text.

    `leaf` prepares a condition, `included` an INCLUDE or its negation, and `function`
    makes a condition of a part that is too deep or too wide for one expression.
    """

    def __init__(
        self,
        leaf: Callable[[Node], Leaf],
        included: Callable[[Include, bool], Leaf],
        function: Callable[[Shape, Operands], Leaf],
    ) -> None:
        self._leaf = leaf
        self._included = included
        self._function = function

    def of(self, node: Node) -> Leaf:
        operands: list[Any] = []
        shape = self._shape(node, operands, 0)
        return shape, tuple(operands)

    def _shape(self, node: Node, operands: list[Any], depth: int) -> Shape:
        if depth == DEEPEST_SHAPE and isinstance(node, LOGIC):
            return _taken(self._function(*self.of(node)), operands)
        match node:
            case AllOf(items):
                return self._group("all", items, operands, depth)
            case AnyOf(items):
                return self._group("any", items, operands, depth)
            case Chain(operator, items):
                return self._group(operator, items, operands, depth)
            case Not(Include() as included):
                return _taken(self._included(included, True), operands)
            case Not(operand):
                return self._group("not", (operand,), operands, depth)
            case Include():
                return _taken(self._included(node, False), operands)
            case MatchAll():
                return MATCH_ALL
        return _taken(self._leaf(node), operands)

    def _group(
        self, kind: str, items: tuple[Node, ...], operands: list[Any], depth: int
    ) -> Shape:
        if len(items) > WIDEST_SHAPE:
            return self._wide(kind, items, operands)
        shapes = (self._shape(item, operands, depth + 1) for item in items)
        return Shape(kind, tuple(shapes))

    def _wide(self, kind: str, items: tuple[Node, ...], operands: list[Any]) -> Shape:
        """Some hundred items at a time: Python takes long over long expressions."""
        parts: list[Leaf] = []
        for first in range(0, len(items), WIDEST_SHAPE):
            own: list[Any] = []
            shapes = []
            if parts and kind not in ("all", "any"):
                shapes.append(_taken(parts.pop(), own))
            for item in items[first : first + WIDEST_SHAPE]:
                shapes.append(self._shape(item, own, 1))
            parts.append(self._function(Shape(kind, tuple(shapes)), tuple(own)))
        if len(parts) == 1:
            return _taken(parts[0], operands)
        return Shape(kind, tuple(_taken(part, operands) for part in parts))


def _taken(leaf: Leaf, operands: list[Any]) -> Shape:
    operands += leaf[1]
    return leaf[0]


def answering_of(node: Node) -> Answering:
    """What a condition's value can be, as far as its text tells."""
    match node:
        case Boolean() | Exists() | Between():
            return Answering.STRICT
        case Binary("==" | "!="):
            return Answering.STRICT
        case Binary(">" | ">=" | "<" | "<=", _, Number()):
            return Answering.STRICT
        case Binary("IN" | "INTERSECTS", _, Array() | Group()):
            return Answering.STRICT
        case Binary("CONTAINS", _, Text()):
            return Answering.STRICT
        case Binary("LIKE", _, Text(pattern)) if _is_pattern(pattern):
            return Answering.STRICT
        case Binary("+" | "-" | "*" | "/" | "%"):
            return Answering.LOOSE
        case Binary():
            return Answering.FAILING
    return Answering.LOOSE


def _is_pattern(text: str) -> bool:
    try:
        matcher(text)
    except PatternError:
        return False
    return True
