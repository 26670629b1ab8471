"""Expressions: tokens to tree, by precedence climbing.

Written by hand rather than from a grammar file, because the language leans on things a
grammar cannot say well: in `AND ( … )` a new line separates conditions but not inside
parentheses, `not(` is an operator in a filter and a function in a bare expression, and
each place where parsing stops knows what would have been right there and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from segments.filterql import functions
from segments.filterql.errors import FilterQLError, nearest
from segments.filterql.grammar import (
    CALCULATION,
    CLAUSES,
    COMPARISON,
    EXPRESSION,
    INFIX_WORDS,
    LOGICAL,
    LOGICAL_LEVEL,
    PREFIX_WORDS,
    RESERVED,
    STATEMENTS,
    WORD_COMPARISON,
    Dialect,
    Level,
)
from segments.filterql.limits import DEEPEST_TEXT
from segments.filterql.literals import number_of
from segments.filterql.nodes import (
    AllOf,
    AnyOf,
    Array,
    Between,
    Binary,
    Boolean,
    Call,
    Exists,
    Field,
    Group,
    Include,
    MatchAll,
    Minus,
    Node,
    Not,
    Null,
    Number,
    Text,
    chained,
    collected,
    depth_of,
    negated,
)
from segments.filterql.tokens import LONGEST_SHOWN, Kind, Scanner, Token

Parsed = TypeVar("Parsed")


def describe(token: Token) -> str:
    if token.kind is Kind.END:
        return "the end"
    if token.kind is Kind.STRING:
        return f'"{token.text[:LONGEST_SHOWN]}"'
    return token.text[:LONGEST_SHOWN]


class ExpressionParser:
    """Reads expressions from a scanner; statements are read on top of it."""

    def __init__(self, source: str, dialect: Dialect) -> None:
        self.scanner = Scanner(
            source, single_quotes_are_text=dialect.single_quotes_are_text
        )
        self.source = source
        self._dialect = dialect
        self._depth = 0
        self._in_list = False

    def whole_expression(self) -> Node:
        start = self.scanner.peek().start
        try:
            node = self.expression()
        except RecursionError as problem:
            raise self._too_deep(start) from problem
        if depth_of(node) > DEEPEST_TEXT:
            raise self._too_deep(start)
        return node

    def _too_deep(self, offset: int) -> FilterQLError:
        return self.scanner.error(
            f"conditions are nested deeper than {DEEPEST_TEXT} levels", offset
        )

    def expression(self, level: Level = Level.OR) -> Node:
        node = self._operand()
        while True:
            longer = self._continued(node, level)
            if longer is None:
                return node
            node = longer

    def unexpected(
        self, token: Token, expected: str, words: tuple[str, ...] = ()
    ) -> FilterQLError:
        suggestion = nearest(token.text, words) if token.kind is Kind.WORD else ""
        return self.scanner.error(
            "cannot read this",
            token.start,
            found=describe(token),
            expected=expected,
            suggestion=suggestion,
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
        if token.kind is Kind.QUOTED or (
            token.kind is Kind.WORD and token.upper not in RESERVED
        ):
            return self.scanner.advance()
        raise self.unexpected(token, purpose)

    # What may follow an operand

    def _continued(self, left: Node, level: Level) -> Node | None:
        """The operand with the operator that follows it, None where none does."""
        sign = self.scanner.peek().sign
        if sign in LOGICAL:
            return self._logical(left, LOGICAL[sign], level)
        if sign in CALCULATION:
            return self._calculation(left, sign, level)
        if level > Level.COMPARISON:
            return None
        if sign in COMPARISON:
            self.scanner.advance()
            return Binary(COMPARISON[sign], left, self.expression(Level.SUM))
        if sign in WORD_COMPARISON:
            self.scanner.advance()
            return self._word_comparison(left, sign)
        if sign == "NOT" and self._compares(self.scanner.peek(1)):
            return self._negated_comparison(left)
        return None

    def _logical(self, left: Node, operator: str, level: Level) -> Node | None:
        binds = LOGICAL_LEVEL[operator]
        if level > binds or self._starts_condition():
            return None
        items = [left]
        while self._at_logical(operator) and not self._starts_condition():
            self.scanner.advance()
            items.append(self.expression(Level(binds + 1)))
        return chained(operator, items)

    def _at_logical(self, operator: str) -> bool:
        return LOGICAL.get(self.scanner.peek().sign) == operator

    def _calculation(self, left: Node, sign: str, level: Level) -> Node | None:
        binds = CALCULATION[sign]
        newline = self._in_list and self.scanner.peek().newline
        if level > binds or (newline and sign in "*-"):
            return None
        self.scanner.advance()
        return Binary(sign, left, self.expression(Level(binds + 1)))

    def _starts_condition(self) -> bool:
        """Whether the AND or OR here begins the next condition of a list."""
        if not self._in_list or not self.at_symbol("(", 1):
            return False
        return self.scanner.peek().newline or self.scanner.holds_comma(1)

    def _compares(self, token: Token) -> bool:
        return token.sign in COMPARISON or token.sign in WORD_COMPARISON

    def _negated_comparison(self, left: Node) -> Node:
        self.scanner.advance()
        compared = self._continued(left, Level.COMPARISON)
        assert compared is not None
        return negated(compared)

    def _word_comparison(self, left: Node, word: str) -> Node:
        if word == "IS":
            return self._is(left)
        if word == "BETWEEN":
            return self._between(left)
        if word in ("LIKE", "CONTAINS"):
            return Binary(word, left, self._pattern())
        return Binary(word, left, self._collection(word))

    def _is(self, left: Node) -> Node:
        refused = self.scanner.peek().upper == "NOT"
        if refused:
            self.scanner.advance()
        token = self.scanner.peek()
        if token.upper == "NULL":
            self.scanner.advance()
            return Exists(left) if refused else Not(Exists(left))
        if not refused:
            raise self.unexpected(token, "NULL or NOT NULL after IS", ("NULL", "NOT"))
        return Binary("!=", left, self.expression(Level.SUM))

    def _between(self, left: Node) -> Node:
        low = self.expression(Level.SUM)
        token = self.scanner.peek()
        if token.upper != "AND":
            raise self.unexpected(token, "AND between the two ends", ("AND",))
        self.scanner.advance()
        return Between(left, low, self.expression(Level.SUM))

    def _pattern(self) -> Node:
        """What LIKE and CONTAINS compare with: a value, or several in parentheses."""
        if self.at_symbol("(") and self.scanner.holds_comma(0):
            return self._group()
        return self.expression(Level.SUM)

    def _collection(self, word: str) -> Node:
        token = self.scanner.peek()
        if self.at_symbol("("):
            return self._group()
        if self.at_symbol("["):
            return self._array()
        if token.kind is Kind.STRING and word == "IN":
            self.scanner.advance()
            return Text(token.text)
        if self._is_call(token):
            return self._call()
        if token.kind is Kind.QUOTED or (
            token.kind is Kind.WORD and token.upper not in RESERVED
        ):
            return self._field(self.scanner.advance())
        raise self.unexpected(token, f"a list, a field or a function after {word}")

    # Operands

    def _operand(self) -> Node:
        token = self.scanner.peek()
        if self._is_call(token):
            return self._call()
        if token.kind is Kind.WORD:
            return self._word_operand(token)
        if token.kind is Kind.SYMBOL:
            return self._symbol_operand(token)
        if token.kind is Kind.END:
            raise self.unexpected(token, "a condition")
        self.scanner.advance()
        if token.kind is Kind.STRING:
            return Text(token.text)
        if token.kind is Kind.NUMBER:
            return Number(self._number(token))
        return self._field(token)

    def _word_operand(self, token: Token) -> Node:
        word = token.upper
        self.scanner.advance()
        match word:
            case "NOT":
                return self._not()
            case "EXISTS":
                return Exists(self._exists_operand())
            case "INCLUDE":
                return self._include()
            case "AND":
                return self._conditions(token, AllOf)
            case "OR":
                return self._conditions(token, AnyOf)
            case "NULL":
                return Null()
            case "TRUE" | "FALSE":
                return Boolean(word == "TRUE")
            case "MATCH_ALL":
                return MatchAll()
        if word in RESERVED:
            raise self.unexpected(token, f"a condition (`{token.text}` names a field)")
        return self._field(token)

    def _symbol_operand(self, token: Token) -> Node:
        match token.text:
            case "(":
                return self._parenthesis()
            case "[":
                return self._array()
            case "*":
                self.scanner.advance()
                return MatchAll()
            case "!":
                self.scanner.advance()
                return self._not()
            case "-":
                self.scanner.advance()
                return Minus(self._nested(self._operand))
        raise self.unexpected(token, "a condition, a field or a value")

    def _not(self) -> Node:
        if self._is_call(self.scanner.peek()):
            return negated(self._call())
        return negated(self._nested(lambda: self.expression(Level.COMPARISON)))

    def _exists_operand(self) -> Node:
        token = self.scanner.peek()
        if token.upper in ("NOT", "EXISTS", "AND", "OR") or self._compares(token):
            raise self.unexpected(token, "a field after EXISTS")
        return self._operand()

    def _include(self) -> Node:
        token = self.scanner.advance()
        named = token.kind is Kind.QUOTED or (
            token.kind is Kind.WORD and token.upper not in CLAUSES
        )
        if not named:
            raise self.unexpected(token, "the alias or id of a filter after INCLUDE")
        name = token.text if token.key is None else f"{token.text}.{token.key}"
        return Include(name.lower(), self.scanner.place(token.start))

    def _conditions(self, word: Token, kind: type[AllOf | AnyOf]) -> Node:
        """The items of `AND ( … )`: separated by commas, new lines or nothing."""
        if not self.at_symbol("("):
            raise self.unexpected(
                self.scanner.peek(), f"( after {word.text} that begins a condition"
            )
        self.scanner.advance()
        return collected(kind, self._within(self._condition_items, in_list=True))

    def _condition_items(self) -> list[Node]:
        items: list[Node] = []
        while True:
            while self.at_symbol(","):
                self.scanner.advance()
            if self.at_symbol(")"):
                self.scanner.advance()
                return items
            if self.scanner.peek().kind is Kind.END:
                raise self.unexpected(self.scanner.peek(), ") after the conditions")
            items.append(self._condition_item(items))

    def _condition_item(self, before: list[Node]) -> Node:
        """One condition; a stray word after another is probably an operator."""
        token = self.scanner.peek()
        plain = token.kind is Kind.WORD and token.upper not in RESERVED
        if before and plain and not token.newline and self._looks_misspelt(token):
            raise self.unexpected(token, "an operator or ,", INFIX_WORDS)
        return self.expression()

    def _looks_misspelt(self, token: Token) -> bool:
        """Whether the word resembles an infix operator and a value follows it."""
        following = self.scanner.peek(1).kind
        value_follows = following in (Kind.STRING, Kind.NUMBER)
        called = self.source.startswith("(", token.end)
        if not value_follows and (called or not self.at_symbol("(", 1)):
            return False
        return bool(nearest(token.text, INFIX_WORDS))

    def _parenthesis(self) -> Node:
        self.scanner.advance()
        node = self._within(self.expression, in_list=False)
        self.expect_symbol(")", "to close the parenthesis")
        return node

    def _group(self) -> Group:
        self.scanner.advance()
        return Group(self._within(self._group_items, in_list=False))

    def _group_items(self) -> tuple[Node, ...]:
        items: list[Node] = []
        while True:
            while self.at_symbol(","):
                self.scanner.advance()
            if self.at_symbol(")"):
                self.scanner.advance()
                return tuple(items)
            if self.scanner.peek().kind is Kind.END:
                raise self.unexpected(self.scanner.peek(), ") after the list")
            items.append(self.expression())

    def _array(self) -> Array:
        self.scanner.advance()
        items: list[Node] = []
        while True:
            token = self.scanner.advance()
            if token.kind is Kind.STRING:
                items.append(Text(token.text))
            elif token.kind is Kind.NUMBER:
                items.append(Number(self._number(token)))
            else:
                raise self.unexpected(token, "a text or a number in [ ]")
            if self.at_symbol("]"):
                self.scanner.advance()
                return Array(tuple(items))
            self.expect_symbol(",", "or ] after a value in [ ]")

    # Functions

    def _is_call(self, token: Token) -> bool:
        return (
            token.kind is Kind.WORD
            and token.upper not in self._dialect.word_operators
            and self.source.startswith("(", token.end)
        )

    def _call(self) -> Node:
        token = self.scanner.advance()
        function = functions.find(token.text)
        if function is None:
            raise self._unknown_function(token)
        self.scanner.advance()
        read = self._cast_arguments if function.name == "cast" else self._arguments
        arguments = self._within(read, in_list=False)
        problem = function.refusal(arguments)
        if problem:
            raise self.scanner.error(problem, token.start, found=token.text)
        return Call(function.name, arguments)

    def _unknown_function(self, token: Token) -> FilterQLError:
        meant = nearest(token.text, (*functions.names(), *PREFIX_WORDS, *INFIX_WORDS))
        return self.scanner.error(
            f"non existent function {describe(token)}", token.start, suggestion=meant
        )

    def _arguments(self) -> tuple[Node, ...]:
        if self.at_symbol(")"):
            self.scanner.advance()
            return ()
        arguments = [self.expression()]
        while self.at_symbol(","):
            self.scanner.advance()
            arguments.append(self.expression())
        self.expect_symbol(")", "or , after an argument")
        return tuple(arguments)

    def _cast_arguments(self) -> tuple[Node, ...]:
        """`cast(x AS int)` is `cast(x, "int")`."""
        if self.at_symbol(")"):
            return self._arguments()
        operand = self.expression()
        if self.scanner.peek().upper != "AS":
            if not self.at_symbol(","):
                raise self.unexpected(self.scanner.peek(), "AS and a type", ("AS",))
            self.scanner.advance()
            return (operand, *self._arguments())
        self.scanner.advance()
        name = self.identifier("a type after AS: string, int, time or char")
        self.expect_symbol(")", "after the type")
        return (operand, Text(name.text.lower()))

    # Small parts

    def _field(self, token: Token) -> Node:
        place = self.scanner.place(token.start)
        whole = token.kind is Kind.QUOTED and token.key is None and "." in token.text
        return Field(token.text, token.key, whole, place)

    def _number(self, token: Token) -> int | float:
        value = number_of(token.text)
        if value is None:
            raise self.scanner.error("this number is too large", token.start)
        return value

    def _within(self, read: Callable[[], Parsed], *, in_list: bool) -> Parsed:
        outer, self._in_list = self._in_list, in_list
        result = self._nested(read)
        self._in_list = outer
        return result

    def _nested(self, read: Callable[[], Parsed]) -> Parsed:
        self._depth += 1
        if self._depth > DEEPEST_TEXT:
            raise self._too_deep(self.scanner.peek().start)
        result = read()
        self._depth -= 1
        return result


def parse_expression(text: str) -> Node:
    """A bare expression; as in the engine, what stands after its end is ignored."""
    parser = ExpressionParser(text, EXPRESSION)
    first = parser.scanner.peek()
    node = parser.whole_expression()
    more = parser.scanner.peek().kind is not Kind.END
    if more and isinstance(node, Field) and nearest(node.name, STATEMENTS):
        raise parser.unexpected(first, "FILTER or an expression", STATEMENTS)
    return node
