"""From what the builder shows to the tree of a filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segments.definitions.builder.operators import (
    ANY_OF,
    COMPARISONS,
    FROM_NOW,
    LISTS,
    UNITS,
)
from segments.filterql import (
    FilterQLError,
    Node,
    Statement,
    from_ast,
    parse_filter,
    to_ast,
)

Tree = dict[str, Any]
DEEPEST = 50
_PREFIX = "FILTER "


@dataclass(frozen=True, slots=True)
class Problem:
    """What is missing or wrong in the builder, and in which row of which group."""

    path: tuple[int, ...]
    message: str


class BuilderError(ValueError):
    """The builder holds what is no filter yet."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(each.message for each in problems))
        self.problems = problems


def written(model: Any) -> Node:
    """The filter; raises BuilderError, which names every row that is at fault."""
    writer = _Writer()
    tree = writer.tree(model, ())
    if writer.problems:
        raise BuilderError(writer.problems)
    return from_ast(tree)


class _Writer:
    """Writes one model, and notes what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._kinds: dict[Any, Callable[[Any, tuple[int, ...]], Tree]] = {
            "group": self._group,
            "condition": self._condition,
            "segment": self._segment,
            "everyone": lambda item, path: {"op": "*"},
            "text": self._text,
        }

    def tree(self, item: Any, path: tuple[int, ...]) -> Tree:
        """One row or group."""
        kind = item.get("kind") if isinstance(item, Mapping) else None
        write = self._kinds.get(kind) if isinstance(kind, str) else None
        if write is None or len(path) > DEEPEST:
            return self._refuse(path, "This cannot be read.")
        tree = write(item, path)
        return _negated(tree) if item.get("not") is True else tree

    def _refuse(self, path: tuple[int, ...], message: str) -> Tree:
        self.problems.append(Problem(path, message))
        return {"op": "*"}

    def _group(self, group: Any, path: tuple[int, ...]) -> Tree:
        items = group.get("items")
        if not isinstance(items, list) or not items:
            return self._refuse(path, "Add a condition, or remove this group.")
        trees = [self.tree(item, (*path, place)) for place, item in enumerate(items)]
        op = "or" if group.get("match") == "any" else "and"
        if len(trees) == 1:
            return trees[0]
        if _is_infix(group, op):
            return {"op": group["infix"], "args": trees, "infix": True}
        return {"op": op, "args": trees}

    def _segment(self, row: Any, path: tuple[int, ...]) -> Tree:
        name = row.get("segment")
        if not isinstance(name, str) or not name:
            return self._refuse(path, "Choose a segment.")
        return {"op": "include", "args": [{"ident": name}]}

    def _text(self, row: Any, path: tuple[int, ...]) -> Tree:
        text = row.get("text")
        if not isinstance(text, str) or not text.strip():
            return self._refuse(path, "Write a condition in FilterQL.")
        try:
            return to_ast(_lone_condition(text))
        except FilterQLError as error:
            return self._refuse(path, error.message or str(error))

    def _condition(self, row: Any, path: tuple[int, ...]) -> Tree:
        field = row.get("field")
        if not isinstance(field, str) or not field:
            return self._refuse(path, "Choose a field.")
        values = row.get("values")
        if not isinstance(values, list):
            return self._refuse(path, "Enter a value.")
        operator = row.get("operator")
        if not isinstance(operator, str):
            return self._refuse(path, "Choose an operator.")
        if operator in FROM_NOW:
            return self._from_now(field, operator, values, path)
        literals = [_literal(value) for value in values]
        given = [each for each in literals if each is not None]
        if len(given) < len(literals):
            return self._refuse(path, "This value cannot be read.")
        tree = _comparison({"ident": field}, operator, given, row)
        return tree or self._refuse(path, "Enter a value.")

    def _from_now(
        self, field: str, operator: str, values: list[Any], path: tuple[int, ...]
    ) -> Tree:
        value = values[0] if len(values) == 1 else None
        amount = value.get("amount") if isinstance(value, Mapping) else None
        unit = value.get("unit") if isinstance(value, Mapping) else None
        if type(amount) is not int or not 0 < amount < 1_000_000 or unit not in UNITS:
            return self._refuse(path, "Give a whole number above zero, and a unit.")
        op, sign = FROM_NOW[operator]
        return {
            "op": op,
            "args": [{"ident": field}, {"val": f"now{sign}{amount}{unit}"}],
        }


def _is_infix(group: Mapping[str, Any], op: str) -> bool:
    infix = group.get("infix")
    return infix == op or (infix == "&&" and op == "and")


def _comparison(
    field: Tree, operator: str, values: list[Tree], row: Mapping[str, Any]
) -> Tree | None:
    """The condition; None where the operator wants other values than are given."""
    if operator == "exists":
        return {"op": "exists", "args": [field]} if not values else None
    if operator == "between":
        args = [field, *values]
        return {"op": "between", "args": args} if len(values) == 2 else None
    if operator in COMPARISONS:
        args = [field, *values]
        return {"op": operator, "args": args} if len(values) == 1 else None
    if operator == "has":
        return {"op": "in", "args": [*values, field]} if len(values) == 1 else None
    if not values or (operator not in ANY_OF and operator not in LISTS):
        return None
    if operator in ANY_OF and len(values) == 1:
        return {"op": operator, "args": [field, *values]}
    listed: Tree = {"args": values}
    if row.get("brackets") is True and not any(_is_bool(each) for each in values):
        listed["array"] = True
    return {"op": operator, "args": [field, listed]}


def _is_bool(tree: Tree) -> bool:
    return isinstance(tree.get("val"), bool)


def _literal(value: Any) -> Tree | None:
    match value:
        case {"text": str(text)}:
            return {"val": text, "type": "string"}
        case {"bool": bool(answer)}:
            return {"val": answer}
        case {"number": str(digits)}:
            return _number(digits)
    return None


def _number(digits: str) -> Tree | None:
    try:
        tree = to_ast(_lone_condition(digits))
    except FilterQLError:
        return None
    size = tree["args"][0] if tree.get("op") == "-" and tree.get("args") else tree
    value = size.get("val")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return tree if number else None


def _negated(tree: Tree) -> Tree:
    """NOT over it; one over what has a NOT already takes that away."""
    if tree.get("op") == "not":
        inner: Tree = tree["args"][0]
        return inner
    return {"op": "not", "args": [tree]}


def _lone_condition(text: str) -> Node:
    """What a text says that may hold a condition and nothing more."""
    statement = parse_filter(_PREFIX + text)
    if statement.expression is None or statement != Statement(statement.expression):
        raise FilterQLError("Only a condition stands here.")
    return statement.expression
