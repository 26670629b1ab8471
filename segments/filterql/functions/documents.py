"""Functions on JSON in texts."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from segments.filterql.coerce import is_nil, to_text
from segments.filterql.functions.registry import function
from segments.filterql.nodes import Node, Text
from segments.filterql.values import MISSING


@lru_cache(maxsize=512)
def _compiled(expression: str) -> Any:
    """The prepared path, None where it is malformed."""
    try:
        return jmespath.compile(expression)
    except (JMESPathError, RecursionError):
        return None


def _path_problem(arguments: tuple[Node, ...]) -> str:
    path = arguments[1]
    if not isinstance(path, Text):
        return "json.jmespath wants a path that is a text"
    return "" if _compiled(path.value) else f"{path.value!r} is no JMESPath"


@function("json.jmespath(x, path)", 2, check=_path_problem)
def search(value: Any, path: Any) -> Any:
    """What the JSON in a text holds at a JMESPath."""
    expression = _compiled(path) if type(path) is str else None
    if expression is None or is_nil(value):
        return MISSING
    try:
        return expression.search(json.loads(to_text(value) or ""))
    except (ValueError, TypeError, JMESPathError, RecursionError):
        return MISSING
