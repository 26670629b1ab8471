"""One line to ask a filter about values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from segments.filterql import Compiled, compile_filter, parse_expression, parse_filter

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)

TRUE = (True, True)
FALSE = (False, True)
NOT_OK = (False, False)


def ask(
    condition: str, values: Mapping[str, Any] | None = None, **includes: str
) -> tuple[bool, bool]:
    """Match and ok of `FILTER condition` now, with other filters by alias."""
    named = {alias: parse_filter(f"FILTER {text}") for alias, text in includes.items()}

    def include(name: str) -> Compiled | None:
        return compile_filter(named[name], include) if name in named else None

    compiled = compile_filter(parse_filter(f"FILTER {condition}"), include)
    return tuple(compiled.evaluate(values or {}, NOW))  # type: ignore[return-value]


def value_of(expression: str, values: Mapping[str, Any] | None = None) -> Any:
    return compile_filter(parse_expression(expression)).value(values or {}, NOW)
