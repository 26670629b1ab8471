"""JMESPath over JSON in texts, with an end to how much one path may build.

A path can double a list at each step, so a short one could fill any machine; what is
built is counted, and a path that builds too much has no answer.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from jmespath import Options, compile
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.visitor import TreeInterpreter

from segments.filterql.limits import LONGEST_RESULT

LONGEST_PATH = 1_000
MOST_BUILT = 200_000
_BUILDING = frozenset(
    (
        *("multi_select_list", "multi_select_dict", "flatten", "slice", "projection"),
        *("value_projection", "filter_projection", "function_expression"),
    )
)
_PROBLEMS = (JMESPathError, ValueError, TypeError, ArithmeticError, RecursionError)


class NoAnswerError(ValueError):
    """The text is no JSON, or the path has no answer for it."""


class _TooMuchError(ValueError):
    """The path builds more than is allowed."""


@lru_cache(maxsize=512)
def compiled(path: str) -> Any:
    """The prepared path, None where it is malformed."""
    if len(path) > LONGEST_PATH:
        return None
    try:
        return compile(path).parsed
    except _PROBLEMS:
        return None


def search(path: Any, text: str) -> Any:
    """What the JSON holds at a prepared path."""
    try:
        return _Interpreter().visit(path, json.loads(text))
    except _PROBLEMS as problem:
        raise NoAnswerError from problem


class _Functions(Functions):  # type: ignore[misc]
    """The functions of JMESPath, of which join could multiply two long texts."""

    @signature({"types": ["string"]}, {"types": ["array-string"]})  # type: ignore[untyped-decorator]
    def _func_join(self, separator: str, items: list[str]) -> str:
        if sum(map(len, items)) + len(separator) * len(items) > LONGEST_RESULT:
            raise _TooMuchError
        return separator.join(items)


class _Interpreter(TreeInterpreter):  # type: ignore[misc]
    """Follows one path once."""

    def __init__(self) -> None:
        super().__init__(Options(custom_functions=_Functions()))
        self._left = MOST_BUILT

    def visit(self, node: dict[str, Any], *arguments: Any, **named: Any) -> Any:
        result = super().visit(node, *arguments, **named)
        built = _size(result, self._left) if node["type"] in _BUILDING else 1
        self._left -= built
        if self._left < 0:
            raise _TooMuchError
        return result


def _size(value: Any, most: int) -> int:
    """How many parts a value has, those in its parts included, as far as asked."""
    waiting, count = [value], 0
    while waiting and count <= most:
        item = waiting.pop()
        count += len(item) if isinstance(item, str) else 1
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
    return count
