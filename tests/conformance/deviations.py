"""The differences on purpose, each told by what a vector holds.

The names are the rows of docs/filterql.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime

from segments.filterql import Node, functions
from segments.filterql.grammar import INFIX_WORDS, PREFIX_WORDS, RESERVED
from segments.filterql.limits import DEEPEST_TEXT
from segments.filterql.nodes import Binary, Call, Include, MatchAll, Minus, Not, Text
from segments.filterql.tokens import Kind, Token
from tests.conformance import dates
from tests.conformance.vectors import Vector

Holds = Callable[[Vector], bool]
RELATIVE = re.compile(r'"now[^"]*"', re.IGNORECASE)
COMMENT = re.compile(r"--|//|#|/\*")


def deviations_of(vector: Vector, clock: datetime) -> list[str]:
    """The rows a vector falls under."""
    if vector.kind == "boundary" and dates.is_the_first_change(vector, clock):
        return ["due times"]
    return [name for name, holds in HOLDS.items() if holds(vector)]


def _pairs(vector: Vector) -> list[tuple[Token, Token]]:
    return list(zip(vector.tokens, vector.tokens[1:], strict=False))


def _crosses_slashes(vector: Vector) -> bool:
    """A star in a pattern, and a slash in a text."""
    if vector.kind == "like":
        pattern: str = vector.data["ql2"]
        return _has_star(pattern) and "/" in vector.text
    slash = "/" in json.dumps(vector.context) or "/" in vector.text
    return slash and any(_has_star(text) for text in _patterns(vector))


def _patterns(vector: Vector) -> list[str]:
    sides = [
        part.right
        for part in vector.nodes
        if isinstance(part, Binary) and part.operator == "LIKE"
    ]
    return [side.value for side in sides if isinstance(side, Text)]


def _has_star(pattern: str) -> bool:
    return "*" in pattern or "%" in pattern


def _escapes_percent(vector: Vector) -> bool:
    patterns = [vector.data["ql2"]] if vector.kind == "like" else _patterns(vector)
    return any(r"\%" in pattern for pattern in patterns)


def _asks_for_null(vector: Vector) -> bool:
    return any(token.upper == "IS" for token in vector.tokens)


def _matches_all(vector: Vector) -> bool:
    """`*` in a larger filter, or NOT INCLUDE of a filter that is `*`."""
    parts = vector.nodes
    if len(parts) > 1 and any(isinstance(part, MatchAll) for part in parts):
        return True
    refused = [part.operand for part in parts if isinstance(part, Not)]
    return any(
        isinstance(part, Include) and _is_everyone(vector, part.name)
        for part in refused
    )


def _is_everyone(vector: Vector, name: str) -> bool:
    found = vector.included.get(name)
    return found is not None and isinstance(found.expression, MatchAll)


def _and_in_a_list(vector: Vector) -> bool:
    """An infix AND with a parenthesis behind it, inside AND ( … ) or OR ( … )."""
    depth = 0
    for before, token, after in zip(
        vector.tokens, vector.tokens[1:], vector.tokens[2:], strict=False
    ):
        depth += (before.sign == "(") - (before.sign == ")")
        infix = token.upper == "AND" and after.sign == "(" and before.sign != "("
        if depth and infix and before.sign != ",":
            return True
    return False


def _minus(vector: Vector) -> bool:
    return any(isinstance(part, Minus) for part in vector.nodes)


def _parentheses(vector: Vector) -> bool:
    """What the lexer does not get over in a filter."""
    if vector.is_expression or not vector.is_refused:
        return False
    return (
        any(_opens(first, second) for first, second in _pairs(vector))
        or _nests_parentheses(vector)
        or any(_calculates(part) for part in vector.nodes)
    )


def _opens(first: Token, second: Token) -> bool:
    if first.upper in ("EXISTS", "CONTAINS", "LIKE", "CAST") and second.sign == "(":
        return True
    return first.upper == "INTERSECTS" and second.sign == "["


def _nests_parentheses(vector: Vector) -> bool:
    return any(first.sign == second.sign == "(" for first, second in _pairs(vector))


def _calculates(node: Node) -> bool:
    """An operator inside the parentheses of a call."""
    return isinstance(node, Call) and any(
        isinstance(argument, Binary) for argument in node.arguments
    )


def _exclaims(vector: Vector) -> bool:
    return not vector.is_expression and any(t.sign == "!" for t in vector.tokens)


def _multiplies_closely(vector: Vector) -> bool:
    return any(
        first.kind is Kind.WORD and second.sign == "*" and first.end == second.start
        for first, second in _pairs(vector)
    )


def _comments(vector: Vector) -> bool:
    """A comment after the first word."""
    gaps = (vector.text[first.end : second.start] for first, second in _pairs(vector))
    return vector.is_refused and any(COMMENT.search(gap) for gap in gaps)


def _present_moment(vector: Vector) -> bool:
    """ "now" alone, or not in small letters."""
    texts = [vector.text] if vector.kind == "totime" else _relative(vector.text)
    return any(text == "now" or not text.startswith("now") for text in texts)


def _relative(text: str) -> list[str]:
    return [found.strip('"') for found in RELATIVE.findall(text)]


def _escapes(vector: Vector) -> bool:
    """A doubled backslash, or an escaped quote in a text with more to lose."""
    for token in vector.tokens:
        source = vector.text[token.start : token.end]
        if token.kind is not Kind.STRING:
            continue
        escaped = r"\"" in source or '""' in source[1:-1]
        if "\\\\" in source or (escaped and (not source.isascii() or "\\" in source)):
            return True
    return False


def _calls_unknown_functions(vector: Vector) -> bool:
    words = (*INFIX_WORDS, *PREFIX_WORDS)
    return any(
        first.kind is Kind.WORD
        and second.sign == "("
        and first.end == second.start
        and first.upper not in (*words, *RESERVED)
        and functions.find(first.text) is None
        for first, second in _pairs(vector)
    )


def _ends_early(vector: Vector) -> bool:
    """A word that wants something behind it is the last."""
    if not vector.tokens:
        return False
    last, before = vector.tokens[-1], vector.tokens[-2:-1]
    alone = bool(before) and before[0].upper == "WITH"
    return last.upper in ("EXISTS", "INCLUDE", "NOT") or alone


def _nests_deeply(vector: Vector) -> bool:
    """More parentheses are open at once than we read."""
    depth = deepest = 0
    for token in vector.tokens:
        depth += (token.sign == "(") - (token.sign == ")")
        deepest = max(deepest, depth)
    return deepest > DEEPEST_TEXT


HOLDS: dict[str, Holds] = {
    "unknown functions": _calls_unknown_functions,
    "no panics": lambda vector: vector.breaks_the_engine,
    "stars cross slashes": _crosses_slashes,
    "escaped percent": _escapes_percent,
    "IS NULL": _asks_for_null,
    "match_all": _matches_all,
    "AND in a list": _and_in_a_list,
    "minus": _minus,
    "parentheses": _parentheses,
    "exclamation mark": _exclaims,
    "asterisk": _multiplies_closely,
    "comments": _comments,
    "now": _present_moment,
    "escapes": _escapes,
    "incomplete clauses": _ends_early,
    "deep nesting": _nests_deeply,
}
NAMES = ("due times", *HOLDS)
