"""From the tree of a filter to what the builder shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segments.definitions.builder.operators import (
    ANY_OF,
    COMPARISONS,
    LISTS,
    from_now,
)
from segments.filterql import format_expression, from_ast

Model = dict[str, Any]
Tree = Mapping[str, Any]
DEEPEST_GROUP = 6
MOST_ROWS = 300
"""A filter with more conditions is shown as its text: nobody clicks through it."""


def shown(tree: Tree) -> Model:
    """The filter as groups and conditions."""
    if _size(tree) > MOST_ROWS:
        return _text(tree)
    return _shown(tree, depth=1)


def everybody_of(items: list[Model]) -> Model:
    """A group of conditions that must all hold."""
    return {"kind": "group", "match": "all", "not": False, "items": items}


def _size(tree: Tree) -> int:
    """How many conditions are somewhere in the groups of a tree."""
    count = 0
    waiting = [tree]
    while waiting:
        current = waiting.pop()
        if current.get("op") in ("and", "or", "&&", "not"):
            waiting.extend(current["args"])
        else:
            count += 1
    return count


def _shown(tree: Tree, depth: int) -> Model:
    if tree.get("op") != "not":
        return _affirmed(tree, depth) or _text(tree)
    inner = _affirmed(tree["args"][0], depth)
    return _text(tree) if inner is None else {**inner, "not": True}


def _affirmed(tree: Tree, depth: int) -> Model | None:
    """What stands without a NOT, unless it can only be shown as text."""
    op, args = tree.get("op"), tree.get("args", [])
    if op in ("and", "or", "&&"):
        return _group(tree, depth)
    if op == "include":
        return {"kind": "segment", "segment": args[0]["ident"], "not": False}
    if op == "*" and not args:
        return {"kind": "everyone", "not": False}
    return _condition(op, args)


def _group(tree: Tree, depth: int) -> Model | None:
    if depth > DEEPEST_GROUP or not tree["args"]:
        return None
    group: Model = {
        "kind": "group",
        "match": "any" if tree["op"] == "or" else "all",
        "not": False,
        "items": [_shown(item, depth + 1) for item in tree["args"]],
    }
    return {**group, "infix": tree["op"]} if tree.get("infix") else group


def _condition(op: str | None, args: list[Tree]) -> Model | None:
    if op == "in" and "ident" in args[1]:
        return _compared("has", args[1], [args[0]])
    if op == "exists":
        return _compared("exists", args[0], [])
    if op == "between":
        return _compared("between", args[0], args[1:])
    if op in COMPARISONS:
        return _since(op, args) or _compared(op, args[0], args[1:])
    if op in LISTS or op in ANY_OF:
        return _with_list(op, *args)
    return None


def _since(op: str, args: list[Tree]) -> Model | None:
    """A comparison with a time that is counted from now."""
    text = args[1].get("val")
    found = from_now(op, text) if isinstance(text, str) else None
    if found is None or "ident" not in args[0]:
        return None
    operator, amount, unit = found
    return _row(args[0]["ident"], operator, [{"amount": amount, "unit": unit}])


def _with_list(op: str, field: Tree, right: Tree) -> Model | None:
    listed = "args" in right and "op" not in right
    if op in ANY_OF and not listed:
        return _compared(op, field, [right])
    fewest = 2 if op in ANY_OF else 1
    if not listed or len(right["args"]) < fewest:
        return None
    row = _compared(op, field, right["args"])
    return {**row, "brackets": True} if row and right.get("array") else row


def _compared(operator: str, field: Tree, literals: list[Tree]) -> Model | None:
    values = [_value(each) for each in literals]
    if "ident" not in field or None in values:
        return None
    return _row(field["ident"], operator, values)


def _row(field: str, operator: str, values: list[Any]) -> Model:
    return {
        "kind": "condition",
        "field": field,
        "operator": operator,
        "not": False,
        "values": values,
    }


def _value(tree: Tree) -> Model | None:
    """A literal; None for what is none."""
    if tree.get("op") == "-" and _is_number(tree["args"][0]):
        return {"number": format_expression(from_ast(tree))}
    if "val" not in tree or tree["val"] is None:
        return None
    value = tree["val"]
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, bool):
        return {"bool": value}
    return {"number": format_expression(from_ast(tree))}


def _is_number(tree: Tree) -> bool:
    value = tree.get("val")
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(tree: Tree) -> Model:
    return {"kind": "text", "text": format_expression(from_ast(tree))}
