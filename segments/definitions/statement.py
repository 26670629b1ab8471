"""What the FilterQL of a segment says, read once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from segments import filterql
from segments.definitions.errors import InvalidSegmentQLError
from segments.filterql import FilterQLError, Node

CACHED_FILTERS = 4096


@dataclass(frozen=True, slots=True)
class Statement:
    """One FILTER, as a segment needs to know it."""

    parsed: filterql.Statement
    expression: Node
    text: str
    fields: frozenset[str]
    includes: tuple[str, ...]

    @property
    def alias(self) -> str | None:
        """The name after ALIAS, in lower case."""
        return self.parsed.alias

    @property
    def table(self) -> str | None:
        """The name after FROM."""
        return self.parsed.table

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The pairs after WITH."""
        return self.parsed.with_

    @property
    def description(self) -> str | None:
        """The comment before FILTER."""
        return self.parsed.description.strip() or None

    def ast(self) -> dict[str, Any]:
        """The filter as a tree of JSON values."""
        return filterql.to_ast(self.expression)


def read(text: str) -> Statement:
    """Read what a user wrote; raises InvalidSegmentQLError, which tells where."""
    if "\0" in text:
        raise InvalidSegmentQLError("the text holds a NUL character, which none may.")
    try:
        return _statement(filterql.parse_filter(text))
    except FilterQLError as error:
        raise InvalidSegmentQLError(error) from error


def read_ast(tree: Mapping[str, Any]) -> Statement:
    """Read a filter that came as a tree of JSON values."""
    try:
        expression = filterql.from_ast(tree)
    except FilterQLError as error:
        raise InvalidSegmentQLError(error.message) from error
    parsed = filterql.Statement(expression=expression, table="user")
    return read(filterql.format_filter(parsed))


@lru_cache(maxsize=CACHED_FILTERS)
def stored_statement(text: str) -> Statement | None:
    """What a stored filter says; None where it can no longer be read."""
    try:
        return read(text)
    except InvalidSegmentQLError:
        return None


def parse_error(text: str) -> str:
    """Why a stored filter cannot be read; empty where it can."""
    try:
        read(text)
    except InvalidSegmentQLError as error:
        return str(error)
    return ""


def text_under(statement: Statement, slug: str) -> str:
    """The filter's text, as it was written as far as its ALIAS is this slug."""
    if statement.alias == slug:
        return statement.text
    if statement.alias is None:
        written = stored_statement(f"{statement.text}\nALIAS {slug}")
        if written is not None and written.alias == slug:
            return written.text
    return filterql.format_filter(replace(statement.parsed, alias=slug))


def _statement(parsed: filterql.Statement) -> Statement:
    if parsed.columns:
        raise InvalidSegmentQLError(
            "line 1, column 1: a segment is a FILTER, not a SELECT."
        )
    if parsed.expression is None:
        raise InvalidSegmentQLError(
            "nothing follows FILTER: say who is in the segment."
        )
    return Statement(
        parsed=parsed,
        expression=parsed.expression,
        text=parsed.text,
        fields=filterql.fields_of(parsed.expression),
        includes=tuple(sorted(filterql.includes_of(parsed.expression))),
    )
