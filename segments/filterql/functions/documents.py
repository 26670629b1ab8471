"""Functions on JSON in texts."""

from __future__ import annotations

from typing import Any

from segments.filterql.coerce import is_nil, to_text
from segments.filterql.functions.registry import function
from segments.filterql.jmespaths import NoAnswerError, compiled, search
from segments.filterql.nodes import Node, Text
from segments.filterql.values import MISSING


def _path_problem(arguments: tuple[Node, ...]) -> str:
    path = arguments[1]
    if not isinstance(path, Text):
        return "json.jmespath wants a path that is a text"
    return "" if compiled(path.value) else f"{path.value[:80]!r} is no JMESPath"


@function("json.jmespath(x, path)", 2, check=_path_problem)
def jmespath(value: Any, path: Any) -> Any:
    """What the JSON in a text holds at a JMESPath."""
    prepared = compiled(path) if type(path) is str else None
    if prepared is None or is_nil(value):
        return MISSING
    try:
        return search(prepared, to_text(value) or "")
    except NoAnswerError:
        return MISSING
