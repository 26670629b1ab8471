"""What stands in brackets: the conditions of AND ( … ), and lists of values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from segments.filterql.errors import nearest
from segments.filterql.grammar import INFIX_WORDS, RESERVED
from segments.filterql.nodes import (
    AllOf,
    AnyOf,
    Array,
    Group,
    Node,
    Number,
    Text,
    collected,
)
from segments.filterql.reading import Reader
from segments.filterql.tokens import Kind, Token

Read = Callable[[], Node]


def conditions(
    reader: Reader, word: Token, kind: type[AllOf | AnyOf], read: Read
) -> Node:
    """The items of `AND ( … )`: separated by commas, new lines or nothing."""
    if not reader.at_symbol("("):
        raise reader.unexpected(
            reader.scanner.peek(), f"( after {word.text} that begins a condition"
        )
    items = partial(_items, reader, partial(_condition, reader, read), "conditions")
    return collected(kind, reader.within(items, in_list=True))


def group(reader: Reader, read: Read) -> Group:
    """`("a", 5, x)`, in which commas may be left out."""
    items = partial(_items, reader, lambda before: read(), "list")
    return Group(tuple(reader.within(items, in_list=False)))


def _items(
    reader: Reader, read: Callable[[list[Node]], Node], named: str
) -> list[Node]:
    """Up to the closing parenthesis; commas too many do no harm."""
    reader.scanner.advance()
    items: list[Node] = []
    while True:
        while reader.at_symbol(","):
            reader.scanner.advance()
        if reader.at_symbol(")"):
            reader.scanner.advance()
            return items
        if reader.scanner.peek().kind is Kind.END:
            raise reader.unexpected(reader.scanner.peek(), f") after the {named}")
        items.append(read(items))


def _condition(reader: Reader, read: Read, before: list[Node]) -> Node:
    """One condition; a stray word after another is probably an operator."""
    token = reader.scanner.peek()
    plain = token.kind is Kind.WORD and token.upper not in RESERVED
    if before and plain and not token.newline and _looks_misspelt(reader, token):
        raise reader.unexpected(token, "an operator or ,", INFIX_WORDS)
    return read()


def _looks_misspelt(reader: Reader, token: Token) -> bool:
    """Whether the word resembles an infix operator and a value follows it."""
    following = reader.scanner.peek(1).kind
    value_follows = following in (Kind.STRING, Kind.NUMBER)
    called = reader.source.startswith("(", token.end)
    if not value_follows and (called or not reader.at_symbol("(", 1)):
        return False
    return bool(nearest(token.text, INFIX_WORDS))


def array(reader: Reader) -> Array:
    """`["a", 5]`: literals, between which commas stand."""
    reader.scanner.advance()
    items: list[Node] = []
    while True:
        token = reader.scanner.advance()
        if token.kind is Kind.STRING:
            items.append(Text(token.text))
        elif token.kind is Kind.NUMBER:
            items.append(Number(reader.number(token)))
        else:
            raise reader.unexpected(token, "a text or a number in [ ]")
        if reader.at_symbol("]"):
            reader.scanner.advance()
            return Array(tuple(items))
        reader.expect_symbol(",", "or ] after a value in [ ]")
