"""Patterns of policies: `*`, `?` and variables such as `${aws:username}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

TOKEN = re.compile(r"\$\{([^}]*)\}|(.)", re.DOTALL)
WILDCARDS = {"*": ".*", "?": "."}
NO_VALUES: Mapping[str, str] = {}


def matches(pattern: str, text: str, values: Mapping[str, str] = NO_VALUES) -> bool:
    """Whether the whole text fits; a variable without a value fits nothing.

    `values` are those of variables, by lower-case name. What a variable stands for is
    taken literally, and `${*}`, `${?}` and `${$}` are these characters themselves.
    """
    if "${" not in pattern:
        return _plain(pattern).fullmatch(text) is not None
    try:
        expression = _expression(pattern, values)
    except KeyError:
        return False
    return re.compile(expression, re.DOTALL).fullmatch(text) is not None


def filled(pattern: str, values: Mapping[str, str]) -> str | None:
    """The pattern as text with its variables replaced; None where one has no value."""
    try:
        return TOKEN.sub(
            lambda m: m[2] if m[1] is None else _value(m[1], values), pattern
        )
    except KeyError:
        return None


@lru_cache(maxsize=4096)
def _plain(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern, NO_VALUES), re.DOTALL)


def _expression(pattern: str, values: Mapping[str, str]) -> str:
    return "".join(
        WILDCARDS.get(character, re.escape(character))
        if character
        else re.escape(_value(variable, values))
        for variable, character in TOKEN.findall(pattern)
    )


def _value(variable: str, values: Mapping[str, str]) -> str:
    return variable if variable in ("*", "?", "$") else values[variable.lower()]
