"""Columns: what a SELECT makes of each row, by name.

A language that maps streams to fields is SELECT with other clauses behind its columns:
it reads them by the parser here.
"""

from __future__ import annotations

from dataclasses import dataclass

from segments.filterql.expressions import ExpressionParser
from segments.filterql.nodes import Node


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a SELECT: an expression, its name, the condition it is under."""

    expression: Node
    name: str | None = None
    condition: Node | None = None


class ColumnParser(ExpressionParser):
    """Reads columns."""

    def columns(self) -> tuple[Column, ...]:
        columns = [self._column()]
        while self.at_symbol(","):
            self.scanner.advance()
            columns.append(self._column())
        return tuple(columns)

    def _column(self) -> Column:
        expression = self.whole_expression()
        name = condition = None
        if self.take("AS"):
            name = self.name("a name after AS")
        if self.take("IF"):
            condition = self.whole_expression()
        return Column(expression, name, condition)
