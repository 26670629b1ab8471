"""Statements: FILTER … FROM … LIMIT … WITH … ALIAS, and SELECT … FILTER."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from segments.filterql.columns import Column, ColumnParser
from segments.filterql.errors import nearest
from segments.filterql.grammar import CLAUSES, FILTER, INFIX_WORDS, RESERVED
from segments.filterql.literals import number_of
from segments.filterql.nodes import Node
from segments.filterql.tokens import Kind, Token, comments_in


@dataclass(frozen=True, slots=True)
class Statement:
    """One FILTER or SELECT."""

    expression: Node | None
    """None where nothing follows FILTER: it is never true."""
    table: str | None = None
    limit: int | None = None
    with_: Mapping[str, Any] = field(default_factory=dict, hash=False)
    alias: str | None = None
    description: str = ""
    columns: tuple[Column, ...] = ()
    where: Node | None = None
    """The WHERE of a SELECT, which is read and, as in the engine, not evaluated."""
    text: str = field(default="", compare=False, repr=False)


class StatementParser(ColumnParser):
    """Reads statements."""

    def statements(self) -> list[Statement]:
        found: list[Statement] = []
        start = 0
        while True:
            token = self.scanner.peek()
            if token.kind is Kind.END and (found or not self.source.strip()):
                break
            found.append(self._statement(start))
            start = self._next_start()
        return found

    def _next_start(self) -> int:
        start = self.scanner.peek().start
        while self.at_symbol(";"):
            start = self.scanner.advance().end
        return start

    def _statement(self, start: int) -> Statement:
        token = self.scanner.peek()
        description = "".join(comments_in(self.source[start : token.start]))
        columns: tuple[Column, ...] = ()
        where = None
        if token.upper == "FILTER":
            self.scanner.advance()
            expression = self._filter_expression()
            table = self._from()
        elif token.upper == "SELECT":
            self.scanner.advance()
            columns = self.columns()
            table, expression, where = self._select_rest()
        else:
            raise self.unexpected(token, "FILTER", ("FILTER", "SELECT"))
        limit, with_, alias = self._limit(), self._with(), self._alias()
        end = self._end()
        return Statement(
            expression=expression,
            table=table,
            limit=limit,
            with_=with_,
            alias=alias,
            description=description,
            columns=columns,
            where=where,
            text=self.source[start:end].strip(),
        )

    def _filter_expression(self) -> Node | None:
        token = self.scanner.peek()
        ends = token.kind is Kind.END or self.at_symbol(";") or token.upper in CLAUSES
        return None if ends else self.whole_expression()

    def _select_rest(self) -> tuple[str | None, Node | None, Node | None]:
        table = self._from()
        if table is None:
            raise self.unexpected(self.scanner.peek(), "FROM", ("FROM",))
        token = self.scanner.peek()
        if token.upper not in ("FILTER", "WHERE"):
            raise self.unexpected(token, "FILTER or WHERE", ("FILTER", "WHERE"))
        self.scanner.advance()
        expression = self._filter_expression()
        return (
            (table, expression, None)
            if token.upper == "FILTER"
            else (table, None, expression)
        )

    def _from(self) -> str | None:
        return self.name("a table after FROM") if self.take("FROM") else None

    def _limit(self) -> int | None:
        if not self.take("LIMIT"):
            return None
        negative = self.at_symbol("-")
        if negative:
            self.scanner.advance()
        token = self.scanner.peek()
        value = number_of(token.text) if token.kind is Kind.NUMBER else None
        if not isinstance(value, int) or not token.text.isdigit():
            raise self.unexpected(token, "a whole number after LIMIT")
        self.scanner.advance()
        return -value if negative else value

    def _with(self) -> Mapping[str, Any]:
        if not self.take("WITH"):
            return {}
        if self.at_symbol("{"):
            return self._json_object()
        pairs: dict[str, Any] = {}
        while True:
            key = self.name("a name or a JSON object after WITH")
            self.expect_symbol("=", "after the name of an attribute")
            pairs[key] = self._literal()
            if not self.at_symbol(","):
                return pairs
            self.scanner.advance()

    def _json_object(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.scanner.json()
        return found

    def _literal(self) -> Any:
        negative = self.at_symbol("-")
        if negative:
            self.scanner.advance()
        token = self.scanner.advance()
        if token.kind is Kind.NUMBER:
            value = self.number(token)
            return -value if negative else value
        if not negative:
            if token.kind is Kind.STRING:
                return token.text
            if token.upper in ("TRUE", "FALSE"):
                return token.upper == "TRUE"
            if token.upper == "NULL":
                return None
        raise self.unexpected(token, "a text, a number, true, false or null")

    def _alias(self) -> str | None:
        return self.name("a name after ALIAS").lower() if self.take("ALIAS") else None

    def _end(self) -> int:
        token = self.scanner.peek()
        if token.kind is not Kind.END and not self.at_symbol(";"):
            raise self._stray(token)
        return token.start

    def _stray(self, token: Token) -> Exception:
        if token.upper in CLAUSES:
            return self.unexpected(token, "FROM, LIMIT, WITH, ALIAS in this order")
        expected = "an operator, FROM, LIMIT, WITH, ALIAS or the end"
        if token.text == "," and token.kind is Kind.SYMBOL:
            expected += " (conditions separated by , stand in AND ( … ) or OR ( … ))"
        return self.unexpected(
            token, expected, (*INFIX_WORDS, *CLAUSES), meant=self._misspelt_prefix()
        )

    def _misspelt_prefix(self) -> str:
        """A field with something behind it was probably meant as another word."""
        before = self.scanner.latest
        plain = before.kind is Kind.WORD and before.upper not in RESERVED
        return nearest(before.text, ("EXISTS", "INCLUDE", "NOT")) if plain else ""


def parse_filters(text: str) -> list[Statement]:
    """The statements of a text, which `;` separates."""
    return StatementParser(text, FILTER).statements()


def parse_filter(text: str) -> Statement:
    """The one statement of a text."""
    parser = StatementParser(text, FILTER)
    found = parser.statements()
    if not found:
        raise parser.unexpected(parser.scanner.peek(), "FILTER")
    if len(found) > 1:
        raise parser.scanner.error(
            f"one filter is wanted, the text holds {len(found)}",
            len(text) - len(text.lstrip()),
        )
    return found[0]
