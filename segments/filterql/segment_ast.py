"""SegmentAST, the JSON form of a filter, both ways.

Nodes are `{"op", "args"}`, `{"ident"}` and `{"val"}` as documented. Where JSON has a
type it is used, so that numbers, booleans, null and empty texts survive; a node that
the documented form cannot tell from another carries one key more (`type`, `infix`,
`array`), which readers of the documented form can ignore.
"""

from __future__ import annotations

from typing import Any

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
from segments.filterql.printer import field_text, quoted
from segments.filterql.statements import Statement

Tree = dict[str, Any]
READ_AS_BOOLEAN = {"true": True, "false": False}
NAMED_VALUES: dict[str, Node] = {
    "*": MatchAll(),
    "match_all": MatchAll(),
    "true": Boolean(True),
    "false": Boolean(False),
}
QUOTES = ("`", "[", "'")


def to_ast(source: Statement | Node) -> Tree:
    node = source.expression if isinstance(source, Statement) else source
    return {} if node is None else _tree(node)


def _tree(node: Node) -> Tree:
    match node:
        case Text(value):
            tree: Tree = {"val": value}
            return tree | {"type": "string"} if value in READ_AS_BOOLEAN else tree
        case Number(value) | Boolean(value):
            return {"val": value}
        case Null():
            return {"val": None}
        case MatchAll():
            return {"op": "*"}
        case Field():
            return {"ident": _ident(node)}
        case Array(items):
            return {"args": _trees(items), "array": True}
        case Group(items):
            return {"args": _trees(items)}
        case Call(name, arguments):
            return {"op": "expr", "args": [{"ident": name}, *_trees(arguments)]}
        case Include(name):
            return {"op": "include", "args": [{"ident": name}]}
    return _operation(node)


def _operation(node: Node) -> Tree:
    match node:
        case AllOf(items):
            return {"op": "and", "args": _trees(items)}
        case AnyOf(items):
            return {"op": "or", "args": _trees(items)}
        case Chain(operator, items):
            args = _trees(items)
            return {"op": operator.lower(), "args": args, "infix": True}
        case Not(operand):
            return {"op": "not", "args": [_tree(operand)]}
        case Minus(operand):
            return {"op": "-", "args": [_tree(operand)]}
        case Exists(operand):
            return {"op": "exists", "args": [_tree(operand)]}
        case Between(operand, low, high):
            return {"op": "between", "args": _trees((operand, low, high))}
        case Binary(operator, left, right):
            return {"op": operator.lower(), "args": _trees((left, right))}
    raise TypeError(f"{type(node).__name__} is no part of an expression")


def _trees(nodes: tuple[Node, ...]) -> list[Tree]:
    return [_tree(node) for node in nodes]


def _ident(field: Field) -> str:
    """The plain name; in quotes where it would otherwise be read as another field."""
    name = field.name
    ambiguous = name.lower() in NAMED_VALUES or name[:1] in QUOTES
    if ambiguous and not field.whole and field.key is None:
        return quoted(name)
    return name if field.key is None and not field.whole else field_text(field)
