"""Filters that no segment has yet, compiled against the segments there are.

Only the included segments are read and compiled: a page that asks for one filter
of an account with ten thousand segments does not wait for the others.
"""

from __future__ import annotations

from collections.abc import Mapping

from lyticsapp.accounts.models import Account
from segments.definitions import lookup
from segments.definitions.errors import InvalidSegmentQLError
from segments.definitions.models import Segment
from segments.definitions.statement import Statement, stored_statement
from segments.filterql import Compiled, FilterQLError, compile_filter


class UnsavedFilters:
    """Compiles filters as if some segments had other filters than they have."""

    def __init__(
        self, account: Account, changed: Mapping[int, Statement] | None = None
    ) -> None:
        self._account = account
        self._changed = changed or {}
        self._found: dict[str, Segment | None] = {}
        self._compiled: dict[int, Compiled] = {}

    def compile(self, statement: Statement) -> Compiled:
        """The filter, ready to be asked; raises InvalidSegmentQLError."""
        try:
            return compile_filter(statement.expression, self._include)
        except FilterQLError as error:
            raise InvalidSegmentQLError(error) from error

    def compile_segment(self, segment: Segment) -> Compiled:
        """The filter of a segment, with the changes; raises InvalidSegmentQLError."""
        statement = self._statement(segment)
        return compile_filter(None) if statement is None else self.compile(statement)

    def _include(self, name: str) -> Compiled | None:
        name = name.lower()
        if name not in self._found:
            self._found[name] = lookup.find(self._account, name)
        segment = self._found[name]
        if segment is None:
            return None
        if segment.pk not in self._compiled:
            statement = self._statement(segment)
            expression = statement.expression if statement else None
            self._compiled[segment.pk] = compile_filter(expression, self._include)
        return self._compiled[segment.pk]

    def _statement(self, segment: Segment) -> Statement | None:
        return self._changed.get(segment.pk) or stored_statement(segment.filterql)
