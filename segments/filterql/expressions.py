"""Expressions: tokens to tree, by precedence climbing.

Written by hand rather than from a grammar file, because the language leans on things a
grammar cannot say well: in `AND ( … )` a new line separates conditions but not inside
parentheses, `not(` is an operator in a filter and a function in a bare expression, and
each place where parsing stops knows what would have been right there and says so.
"""

from __future__ import annotations

from segments.filterql.calls import begins_call, call
from segments.filterql.errors import nearest
from segments.filterql.grammar import (
    CALCULATION,
    CLAUSES,
    COMPARISON,
    EXPRESSION,
    LOGICAL,
    LOGICAL_LEVEL,
    RESERVED,
    SLIPS,
    STATEMENTS,
    WORD_COMPARISON,
    Level,
)
from segments.filterql.limits import DEEPEST_TEXT
from segments.filterql.lists import array, conditions, group
from segments.filterql.nodes import (
    AllOf,
    AnyOf,
    Between,
    Binary,
    Boolean,
    Exists,
    Field,
    Include,
    MatchAll,
    Minus,
    Node,
    Not,
    Null,
    Number,
    Text,
    chained,
    depth_of,
    negated,
)
from segments.filterql.reading import Reader, is_name
from segments.filterql.tokens import Kind, Token


class ExpressionParser(Reader):
    """Reads expressions; columns and statements are read on top of it."""

    def whole_expression(self) -> Node:
        start = self.scanner.peek().start
        try:
            node = self.expression()
        except RecursionError as problem:
            raise self.too_deep(start) from problem
        if depth_of(node) > DEEPEST_TEXT:
            raise self.too_deep(start)
        return node

    def expression(self, level: Level = Level.OR) -> Node:
        node = self._operand()
        while True:
            longer = self._continued(node, level)
            if longer is None:
                return node
            node = longer

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
            return self._comparison(left)
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
        newline = self.in_list and self.scanner.peek().newline
        if level > binds or (newline and sign in "*-"):
            return None
        self.scanner.advance()
        return Binary(sign, left, self.expression(Level(binds + 1)))

    def _starts_condition(self) -> bool:
        """Whether the AND or OR here begins the next condition of a list."""
        if not self.in_list or not self.at_symbol("(", 1):
            return False
        return self.scanner.peek().newline or self.scanner.holds_comma(1)

    def _compares(self, token: Token) -> bool:
        return token.sign in COMPARISON or token.sign in WORD_COMPARISON

    def _negated_comparison(self, left: Node) -> Node:
        self.scanner.advance()
        compared = self._continued(left, Level.COMPARISON)
        assert compared is not None
        return negated(compared)

    def _comparison(self, left: Node) -> Node:
        token, following = self.scanner.advance(), self.scanner.peek()
        if following.sign in COMPARISON:
            expected = "a condition, a field or a value"
            written = self.source[token.start : following.end]
            raise self.unexpected(following, expected, meant=SLIPS.get(written, ""))
        return Binary(COMPARISON[token.sign], left, self.expression(Level.SUM))

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
        empty = self.at_symbol(")", 1)
        if not self.at_symbol("(") or not (empty or self.scanner.holds_comma(0)):
            return self.expression(Level.SUM)
        found = group(self, self.expression)
        return found.items[0] if len(found.items) == 1 else found

    def _collection(self, word: str) -> Node:
        token = self.scanner.peek()
        if self.at_symbol("("):
            return group(self, self.expression)
        if self.at_symbol("["):
            return array(self)
        if token.kind is Kind.STRING and word == "IN":
            self.scanner.advance()
            return Text(token.text)
        if begins_call(self, token):
            return call(self, self.expression)
        if is_name(token):
            return self._field(self.scanner.advance())
        raise self.unexpected(token, f"a list, a field or a function after {word}")

    # Operands

    def _operand(self) -> Node:
        token = self.scanner.peek()
        if begins_call(self, token):
            return call(self, self.expression)
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
            return Number(self.number(token))
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
                return conditions(self, token, AllOf, self.expression)
            case "OR":
                return conditions(self, token, AnyOf, self.expression)
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
                return array(self)
            case "*":
                self.scanner.advance()
                return MatchAll()
            case "!":
                self.scanner.advance()
                return self._not()
            case "-":
                self.scanner.advance()
                return Minus(self.nested(self._operand))
        raise self.unexpected(token, "a condition, a field or a value")

    def _not(self) -> Node:
        if begins_call(self, self.scanner.peek()):
            return negated(call(self, self.expression))
        return negated(self.nested(lambda: self.expression(Level.COMPARISON)))

    def _exists_operand(self) -> Node:
        token = self.scanner.peek()
        operator = token.upper in ("NOT", "EXISTS", "AND", "OR")
        if operator or (self._compares(token) and not begins_call(self, token)):
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

    def _parenthesis(self) -> Node:
        self.scanner.advance()
        node = self.within(self.expression, in_list=False)
        self.expect_symbol(")", "to close the parenthesis")
        return node

    def _field(self, token: Token) -> Node:
        place = self.scanner.place(token.start)
        whole = token.kind is Kind.QUOTED and token.key is None and "." in token.text
        return Field(token.text, token.key, whole, place)


def parse_expression(text: str) -> Node:
    """A bare expression; as in the engine, what stands after its end is ignored."""
    parser = ExpressionParser(text, EXPRESSION)
    first = parser.scanner.peek()
    node = parser.whole_expression()
    more = parser.scanner.peek().kind is not Kind.END
    if more and isinstance(node, Field) and nearest(node.name, STATEMENTS):
        raise parser.unexpected(first, "FILTER or an expression", STATEMENTS)
    return node
