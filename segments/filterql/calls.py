"""Calls of functions, whose names and arguments are checked as they are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from segments.filterql import functions
from segments.filterql.errors import FilterQLError, nearest
from segments.filterql.grammar import INFIX_WORDS, PREFIX_WORDS
from segments.filterql.nodes import Call, Node, Text
from segments.filterql.reading import Reader, describe
from segments.filterql.tokens import Kind, Token

Read = Callable[[], Node]


def begins_call(reader: Reader, token: Token) -> bool:
    """Whether a word names a function: an opening parenthesis touches it."""
    return (
        token.kind is Kind.WORD
        and token.upper not in reader.dialect.word_operators
        and reader.source.startswith("(", token.end)
    )


def call(reader: Reader, read: Read) -> Call:
    token = reader.scanner.advance()
    function = functions.find(token.text)
    if function is None:
        raise _unknown(reader, token)
    reader.scanner.advance()
    form = _cast_arguments if function.name == "cast" else _arguments
    arguments = reader.within(partial(form, reader, read), in_list=False)
    problem = function.refusal(arguments)
    if problem:
        raise reader.scanner.error(problem, token.start)
    return Call(function.name, arguments)


def _unknown(reader: Reader, token: Token) -> FilterQLError:
    meant = nearest(token.text, (*functions.names(), *PREFIX_WORDS, *INFIX_WORDS))
    return reader.scanner.error(
        f"non existent function {describe(token)}", token.start, suggestion=meant
    )


def _arguments(reader: Reader, read: Read) -> tuple[Node, ...]:
    if reader.at_symbol(")"):
        reader.scanner.advance()
        return ()
    arguments = [read()]
    while reader.at_symbol(","):
        reader.scanner.advance()
        arguments.append(read())
    reader.expect_symbol(")", "or , after an argument")
    return tuple(arguments)


def _cast_arguments(reader: Reader, read: Read) -> tuple[Node, ...]:
    """`cast(x AS int)` is `cast(x, "int")`."""
    if reader.at_symbol(")"):
        return _arguments(reader, read)
    operand = read()
    if reader.scanner.peek().upper != "AS":
        if not reader.at_symbol(","):
            raise reader.unexpected(reader.scanner.peek(), "AS and a type", ("AS",))
        reader.scanner.advance()
        return (operand, *_arguments(reader, read))
    reader.scanner.advance()
    name = reader.identifier("a type after AS: string, int, time or char")
    reader.expect_symbol(")", "after the type")
    return (operand, Text(name.text.lower()))
