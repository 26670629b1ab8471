"""Questions and answers in JSON lines, for checking filters from scripts.

A question is `{"ql", "context", "types", "now", "ts", "includes"}`, an answer
`{"match", "ok", "boundary"}` (with `value` for a bare expression) or
`{"error", "line", "column"}`. Every line gets one answer, whatever it holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from segments.filterql.compiled import Compiled
from segments.filterql.compiler import compile_filter
from segments.filterql.datemath import shifter
from segments.filterql.dates import parse_date
from segments.filterql.errors import FilterQLError
from segments.filterql.expressions import parse_expression
from segments.filterql.nodes import Node, Text, walk
from segments.filterql.statements import Statement, parse_filter, parse_filters
from segments.filterql.wire import WireError, decode_context, encode, time_in_json

_STATEMENT = re.compile(
    r"(?:\s|--[^\n]*|//[^\n]*|\#[^\n]*|/\*.*?\*/)*+(?:FILTER|SELECT)\b",
    re.IGNORECASE | re.DOTALL,
)
Answer = dict[str, Any]
Clock = Callable[[], datetime]


def answers(lines: Iterable[str | bytes], clock: Clock) -> Iterator[str]:
    """One answer a line, in the order of the questions."""
    for line in lines:
        yield json.dumps(answer(line, clock))


def answer(line: str | bytes, clock: Clock) -> Answer:
    try:
        question = json.loads(line)
    except (ValueError, RecursionError) as problem:
        return _error(f"this line is not JSON: {problem}")
    if not isinstance(question, dict) or not isinstance(question.get("ql"), str):
        return _error('a question is an object with a text "ql"')
    try:
        return _answer(question, clock)
    except FilterQLError as problem:
        return _error(problem.pretty(), problem.line, problem.column)
    except (WireError, RecursionError) as problem:
        return _error(str(problem))


def _error(message: str, line: int = 1, column: int = 1) -> Answer:
    return {"error": message, "line": line, "column": column}


def _answer(question: dict[str, Any], clock: Clock) -> Answer:
    parsed = _parsed(question["ql"])
    now = _now(question, parsed, clock)
    values = decode_context(question.get("context"), question.get("types"), now)
    include = _includer(question.get("includes"))
    compiled = compile_filter(parsed, include)
    result = _result(compiled, values, now)
    if isinstance(parsed, Statement):
        return result
    return result | {"value": encode(compiled.value(values, now))}


def _parsed(text: str) -> Statement | Node:
    """A statement where the text begins with its keyword, else an expression."""
    begins = _STATEMENT.match(text)
    if text.strip() and not begins:
        return parse_expression(text)
    try:
        return parse_filter(text)
    except FilterQLError:
        if begins and text[begins.end() : begins.end() + 1] == "(":
            return parse_expression(text)
        raise


def _result(compiled: Compiled, values: dict[str, Any], now: datetime) -> Answer:
    match, ok = compiled.evaluate(values, now)
    boundary = compiled.boundary(values, now)
    shown = None if boundary is None else time_in_json(boundary)
    return {"match": match, "ok": ok, "boundary": shown}


def _now(question: dict[str, Any], parsed: Statement | Node, clock: Clock) -> datetime:
    """The present moment; for functions that ask for it, that of the event."""
    key = "ts" if question.get("ts") is not None and not _is_relative(parsed) else "now"
    given = question.get(key)
    if given is None:
        return clock().astimezone(UTC)
    moment = parse_date(given) if isinstance(given, str) else None
    if moment is None:
        raise WireError(f'"{key}" is not a time')
    return moment


def _is_relative(parsed: Statement | Node) -> bool:
    """Whether a text such as "now-1d" asks for the present moment."""
    node = parsed.expression if isinstance(parsed, Statement) else parsed
    parts = walk(node) if node else ()
    return any(isinstance(part, Text) and shifter(part.value) for part in parts)


def _includer(text: Any) -> Callable[[str], Compiled | None]:
    """Finds filters among the statements of a text; a circle makes one unknown."""
    if text is not None and not isinstance(text, str):
        raise WireError('"includes" is not a text')
    named: dict[str, Statement] = {
        statement.alias: statement
        for statement in parse_filters(text or "")
        if statement.alias
    }

    def include(name: str) -> Compiled | None:
        statement = named.get(name)
        if statement is None:
            return None
        try:
            return compile_filter(statement, include)
        except FilterQLError:
            return None

    return include
