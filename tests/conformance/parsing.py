"""What a text is read as: parse_ok and parse_error.

The engine's own form of a tree loses much (numbers are texts, some nodes look alike),
so trees are compared as far as that form can tell them apart, and canonical texts by
what they mean: read by us, the engine's is the tree that ours is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from segments.filterql import (
    FilterQLError,
    Node,
    Statement,
    format_expression,
    format_filter,
    from_ast,
    includes_of,
    parse_expression,
    parse_filter,
    parse_filters,
    to_ast,
)
from segments.filterql.nodes import Field, Number, Text
from segments.filterql.tokens import Kind
from tests.conformance.vectors import Vector

SPACING = ("New Line", "--", "//", "#", "Comment", "/*")
NO_FIELDS = ("true", "false", "null", "match_all", "*")


def disagreement(vector: Vector) -> str:
    """How our reading differs from the engine's, empty where it does not."""
    try:
        return _READERS[vector.kind](vector)
    except FilterQLError as error:
        return f"is refused: {error}"


def refusal(vector: Vector) -> str:
    """How we take a text that the engine refuses."""
    try:
        if vector.kind == "number":
            read = parse_expression(vector.text)
            return f"is read: {read}" if isinstance(read, Number) else ""
        found = (
            parse_filters(vector.text) if vector.kind == "filters" else vector.parse()
        )
    except FilterQLError:
        return ""
    return f"is read: {found}"


def _source(vector: Vector) -> str:
    source = vector.parse()
    if isinstance(source, Statement):
        return (
            _round_trip(source, format_filter, parse_filter)
            or _clauses(source, vector.expect)
            or _columns(source, vector.expect)
            or _expression(source.expression, vector)
        )
    return _round_trip(source, format_expression, parse_expression) or _expression(
        source, vector
    )


def _round_trip(
    source: Any, write: Callable[[Any], str], read: Callable[[str], Any]
) -> str:
    written = write(source)
    return "" if read(written) == source else f"is written {written!r}, another thing"


def _clauses(statement: Statement, expect: dict[str, Any]) -> str:
    ours = {
        "from": statement.table,
        "limit": statement.limit,
        "alias": statement.alias,
        "with": dict(statement.with_) or None,
        "description": statement.description or None,
    }
    theirs = {name: expect.get(name) for name in ours}
    return "" if ours == theirs else f"has {ours}, the engine {theirs}"


def _columns(statement: Statement, expect: dict[str, Any]) -> str:
    ours = [
        column.name or format_expression(column.expression)
        for column in statement.columns
    ]
    theirs = expect.get("columns", [])
    if ours != theirs:
        return f"has the columns {ours}, the engine {theirs}"
    where, wanted = statement.where, expect.get("where")
    same_where = wanted is None or (where and _means(where, wanted))
    return "" if same_where else f"has WHERE {where}, the engine {wanted}"


def _expression(node: Node | None, vector: Vector) -> str:
    expect = vector.expect
    if node is None:
        wanted = expect.get("canonical")
        return "" if wanted is None else f"is nothing, the engine {wanted!r}"
    canonical = expect.get("canonical")
    if canonical is not None and not _means(node, canonical, vector):
        return f"is {format_expression(node)!r}, the engine {canonical!r}"
    return _names(vector) or _tree(node, expect.get("ast"))


def _means(node: Node, text: str, vector: Vector | None = None) -> bool:
    """Whether a canonical text of the engine's is, read by us, this tree."""
    bare = vector is not None and vector.is_expression
    try:
        read = parse_expression(text) if bare else _condition(text)
    except FilterQLError:
        return False
    return _loose(to_ast(node)) == _loose(to_ast(read)) if read else False


def _condition(text: str) -> Node | None:
    return parse_filter(f"FILTER {text}").expression


def _names(vector: Vector) -> str:
    """The fields and filters it names; the engine counts words such as NULL too."""
    expect = vector.expect
    ours = {_plain(_flat(part)) for part in vector.nodes if isinstance(part, Field)}
    theirs = {_plain(name) for name in expect.get("identities", ())}
    theirs = {name for name in theirs if name.lower() not in NO_FIELDS}
    if "identities" in expect and ours != theirs:
        return f"names {ours}, the engine {theirs}"
    included = includes_of(vector.parse())
    wanted = {name.lower() for name in expect.get("includes", ())}
    return "" if included == wanted else f"includes {included}, the engine {wanted}"


def _flat(field: Field) -> str:
    return field.name if field.key is None else f"{field.name}.{field.key}"


def _plain(name: str) -> str:
    return name.replace("`", "")


def _tree(node: Node, theirs: dict[str, Any] | None) -> str:
    if theirs is None:
        return ""
    ours = json.loads(json.dumps(to_ast(node)))
    if from_ast(ours) != node:
        return f"has the tree {ours}, which is read as another one"
    wanted = _loose(theirs)
    if _loose(ours) != wanted:
        return f"has the tree {ours}, the engine {theirs}"
    if "{}" in json.dumps(theirs):
        return ""
    again = _loose(to_ast(from_ast(theirs)))
    return "" if again == wanted else f"reads the engine's {theirs} as {again}"


_SIGNS = {"=": "==", "<>": "!=", "||": "or", "&&": "and"}


def _loose(tree: Any) -> Any:
    """A tree without what only one of the two forms can tell."""
    if isinstance(tree, list):
        return [_loose(item) for item in tree]
    if "ident" in tree:
        name = _plain(tree["ident"])
        special = name.lower() in NO_FIELDS
        return {"val": _value(name)} if special else {"ident": name}
    if "val" in tree:
        return {"val": _value(tree["val"])}
    args = _loose(tree.get("args", []))
    op = tree.get("op")
    if op is None:
        return _loose_list(tree, args)
    return _loose_operation(_SIGNS.get(op.lower(), op.lower()), args)


def _loose_list(tree: Any, args: list[Any]) -> Any:
    """The engine writes an array as its items in one text, and no text as nothing."""
    if not tree:
        return {"val": ""}
    if not tree.get("array"):
        return {"args": args}
    return {"val": _value(",".join(arg["val"].removesuffix(".0") for arg in args))}


def _loose_operation(op: str, args: list[Any]) -> Any:
    if op == "*" and not args:
        return {"val": "*"}
    if op == "-" and len(args) == 1 and "val" in args[0]:
        return {"val": _value(f"-{args[0]['val']}")}
    if op == "expr" and "ident" in args[0]:
        name = args[0]["ident"].lower()
        if name == "not":
            return {"op": "not", "args": args[1:]}
        return {"op": "expr", "args": [{"ident": name}, *args[1:]]}
    if op == "include":
        return {"op": op, "args": [{"ident": args[0]["ident"].lower()}]}
    return {"op": op, "args": args}


def _value(value: Any) -> str:
    text = "null" if value is None else str(value)
    try:
        return repr(float(text))
    except ValueError:
        lowered = text.lower()
        return "*" if lowered == "match_all" else _cased(text, lowered)


def _cased(text: str, lowered: str) -> str:
    return lowered if lowered in NO_FIELDS else text


def _statements(vector: Vector) -> str:
    count = len(parse_filters(vector.text))
    wanted = vector.expect["count"]
    return "" if count == wanted else f"is {count} statements, the engine {wanted}"


def _equal(vector: Vector) -> str:
    ours = parse_filter(vector.text) == parse_filter(vector.data["ql2"])
    wanted = vector.expect["equal"]
    return "" if ours is wanted else f"equal: {ours}, the engine {wanted}"


def _number(vector: Vector) -> str:
    node = parse_expression(vector.text)
    wanted = vector.expect["float"]
    agrees = isinstance(node, Number) and node.value == wanted
    return "" if agrees else f"is {node}, the engine {wanted}"


def _tokens(vector: Vector) -> str:
    ours = [
        (token.text, token.kind in (Kind.STRING, Kind.QUOTED))
        for token in vector.tokens
    ]
    theirs = [
        (text, bool(quote))
        for kind, text, quote in vector.expect["tokens"]
        if kind not in SPACING
    ]
    return "" if ours == theirs else f"has the tokens {ours}, the engine {theirs}"


def _unescaped(vector: Vector) -> str:
    node = parse_expression(f'"{vector.text}"')
    wanted = vector.expect["string"]
    return "" if node == Text(wanted) else f"is {node}, the engine {wanted!r}"


def _left_and_right(vector: Vector) -> str:
    """The parts of a field that names a key of a map."""
    field = parse_expression(vector.text)
    assert isinstance(field, Field)
    left, right = field.name, field.key
    if right is None:
        left, dot, right = ("", "", left) if field.whole else left.partition(".")
        left, right = (left, right) if dot else ("", field.name)
    wanted = (vector.expect["left"], vector.expect["right"])
    ours = (left, right)
    return "" if ours == wanted else f"is {ours}, the engine {wanted}"


_READERS: dict[str, Callable[[Vector], str]] = {
    "filter": _source,
    "expr": _source,
    "select": _source,
    "selects": _statements,
    "equal": _equal,
    "number": _number,
    "lex": _tokens,
    "unescape": _unescaped,
    "leftright": _left_and_right,
}
