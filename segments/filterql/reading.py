"""Reading tokens with expectations: what is not there is an error that says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from segments.filterql.errors import FilterQLError, nearest
from segments.filterql.grammar import INFIX_WORDS, RESERVED, Dialect
from segments.filterql.limits import DEEPEST_TEXT
from segments.filterql.literals import number_of
from segments.filterql.tokens import LONGEST_SHOWN, Kind, Scanner, Token

Parsed = TypeVar("Parsed")


def describe(token: Token) -> str:
    if token.kind is Kind.END:
        return "the end"
    if token.kind is Kind.STRING:
        return f'"{token.text[:LONGEST_SHOWN]}"'
    return token.text[:LONGEST_SHOWN]


def is_name(token: Token) -> bool:
    """Whether it names a field, a table or a filter."""
    quoted = token.kind is Kind.QUOTED
    return quoted or (token.kind is Kind.WORD and token.upper not in RESERVED)


class Reader:
    """A text that is read token by token, and how deep in it one is."""

    def __init__(self, source: str, dialect: Dialect) -> None:
        self.scanner = Scanner(
            source, single_quotes_are_text=dialect.single_quotes_are_text
        )
        self.source = source
        self.dialect = dialect
        self.in_list = False
        """Where a new line ends a condition: in AND ( … ) or OR ( … )."""
        self._depth = 0

    def unexpected(
        self,
        token: Token,
        expected: str,
        words: tuple[str, ...] = (),
        *,
        meant: str = "",
    ) -> FilterQLError:
        if token.kind is Kind.WORD:
            meant = nearest(token.text, words) or meant
        return self.scanner.error(
            "cannot read this",
            token.start,
            found=describe(token),
            expected=expected,
            suggestion="" if meant == token.upper else meant,
        )

    def expect_symbol(self, symbol: str, purpose: str) -> Token:
        token = self.scanner.peek()
        if not self.at_symbol(symbol):
            raise self.unexpected(token, f"{symbol} {purpose}", INFIX_WORDS)
        return self.scanner.advance()

    def at_symbol(self, symbol: str, ahead: int = 0) -> bool:
        return self.scanner.peek(ahead).sign == symbol

    def identifier(self, purpose: str) -> Token:
        token = self.scanner.peek()
        if is_name(token):
            return self.scanner.advance()
        raise self.unexpected(token, purpose)

    def take(self, word: str) -> bool:
        """Whether that word comes next, which is then read."""
        taken = self.scanner.peek().upper == word
        if taken:
            self.scanner.advance()
        return taken

    def name(self, purpose: str) -> str:
        token = self.identifier(purpose)
        return token.text if token.key is None else f"{token.text}.{token.key}"

    def number(self, token: Token) -> int | float:
        value = number_of(token.text)
        if value is None:
            raise self.scanner.error("this number is too large", token.start)
        return value

    def too_deep(self, offset: int) -> FilterQLError:
        return self.scanner.error(
            f"conditions are nested deeper than {DEEPEST_TEXT} levels", offset
        )

    def within(self, read: Callable[[], Parsed], *, in_list: bool) -> Parsed:
        outer, self.in_list = self.in_list, in_list
        result = self.nested(read)
        self.in_list = outer
        return result

    def nested(self, read: Callable[[], Parsed]) -> Parsed:
        self._depth += 1
        if self._depth > DEEPEST_TEXT:
            raise self.too_deep(self.scanner.peek().start)
        result = read()
        self._depth -= 1
        return result
