"""The words and signs of the language, and how tightly they bind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How tightly an operator binds, from loose to tight."""

    OR = 1
    AND = 2
    COMPARISON = 3
    SUM = 4
    PRODUCT = 5
    OPERAND = 6


LOGICAL = {"OR": "OR", "||": "OR", "AND": "AND", "&&": "&&"}
LOGICAL_LEVEL = {"OR": Level.OR, "AND": Level.AND, "&&": Level.AND}
COMPARISON = {
    "=": "==",
    "==": "==",
    "!=": "!=",
    "<>": "!=",
    ">": ">",
    ">=": ">=",
    "<": "<",
    "<=": "<=",
}
SLIPS = {"=>": ">=", "=<": "<=", "===": "==", "><": "<>", "==>": ">=", "==<": "<="}
CALCULATION = {
    "+": Level.SUM,
    "-": Level.SUM,
    "*": Level.PRODUCT,
    "/": Level.PRODUCT,
    "%": Level.PRODUCT,
}
WORD_COMPARISON = ("LIKE", "CONTAINS", "BETWEEN", "IN", "INTERSECTS", "IS")
CLAUSES = ("FROM", "LIMIT", "WITH", "ALIAS")
STATEMENTS = ("FILTER", "SELECT")
RESERVED = frozenset(
    (
        *("FROM", "LIMIT", "ALIAS", "WITH", "SELECT", "INCLUDE", "EXISTS", "IN"),
        *("INTERSECTS", "LIKE", "BETWEEN", "CONTAINS", "IS", "AS", "AND", "OR"),
        *("NOT", "NULL", "TRUE", "FALSE", "MATCH_ALL"),
    )
)
INFIX_WORDS = ("AND", "OR", "NOT", *WORD_COMPARISON)
PREFIX_WORDS = ("NOT", "EXISTS", "INCLUDE", "AND", "OR")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between a filter and a bare expression."""

    single_quotes_are_text: bool
    word_operators: frozenset[str]
    """Words that are an operator even with an opening parenthesis right after."""


FILTER = Dialect(
    single_quotes_are_text=False,
    word_operators=frozenset(("AND", "OR", "NOT", "EXISTS")),
)
EXPRESSION = Dialect(
    single_quotes_are_text=True, word_operators=frozenset(("AND", "OR"))
)
