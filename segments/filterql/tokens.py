"""From text to tokens, one at a time.

The scanner reads only as far as it is asked, because what a character means depends
on where it stands: after INCLUDE a word may start with a digit, after WITH comes JSON.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from enum import Enum, auto
from typing import Any, NamedTuple

from segments.filterql.errors import FilterQLError, Place
from segments.filterql.limits import LONGEST_TEXT


class Kind(Enum):
    WORD = auto()
    QUOTED = auto()
    STRING = auto()
    NUMBER = auto()
    SYMBOL = auto()
    END = auto()


class Token(NamedTuple):
    kind: Kind
    text: str
    """What is meant: the text of a string without quotes and escapes."""
    start: int
    end: int
    newline: bool
    """A line ended between the token before and this one."""
    key: str | None = None
    """The part after the dot, where it or the part before is quoted."""
    upper: str = ""
    """A word in capitals, empty for all else."""
    sign: str = ""
    """A symbol, or a word in capitals."""


_SKIPPED = re.compile(r"(?:\s+|--[^\n]*|//[^\n]*|\#[^\n]*|/\*.*?\*/)+", re.DOTALL)
_WORD = re.compile(r"(?:@+|[^\W\d]|\.)[\w.\-/]*")
_NAME = re.compile(r"[\w.\-/@]+")
_NUMBER = re.compile(r"0x[0-9A-F]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_STRING = re.compile(r'"((?:[^"\\]++|\\.|"")*+)"', re.DOTALL)
_SINGLE = re.compile(r"'((?:[^'\\]++|\\.|'')*+)'", re.DOTALL)
_QUOTED_KEY = re.compile(r"\.(?:`([^`]+)`|'([^']+)')")
_QUOTED_REST = re.compile(r"`([^`]+)`")
_ESCAPE = re.compile(r'\\(["\\])|""')
_SINGLE_ESCAPE = re.compile(r"\\(['\\])")
ARRAY_START = re.compile(r"""\[\s*(?:["'\d\-\]]|$)""")
_DURATION = re.compile(r"\d+(?:\.\d+)?(?:ms|us|ns|[a-zA-Z])\b")
_LONG_SYMBOLS = frozenset(("==", "!=", "<>", ">=", "<=", "&&", "||"))
_SYMBOLS = frozenset("=><!+-*/%()[],;{")
CURLY_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
LONGEST_SHOWN = 40
_CLOSING = {"`": "`", "[": "]", "'": "'"}


class Scanner:
    """The tokens of one text."""

    def __init__(self, source: str, *, single_quotes_are_text: bool = False) -> None:
        if len(source) > LONGEST_TEXT:
            raise FilterQLError(
                f"the text has {len(source)} characters, {LONGEST_TEXT} are allowed"
            )
        self.source = source
        self._single_quotes_are_text = single_quotes_are_text
        self._tokens: list[Token] = []
        self._index = 0
        self._offset = 0
        self._divided: dict[int, bool] = {}
        self._line_starts = [0, *(m.end() for m in re.finditer("\n", source))]

    def peek(self, ahead: int = 0) -> Token:
        if self._index + ahead < len(self._tokens):
            return self._tokens[self._index + ahead]
        while len(self._tokens) <= self._index + ahead:
            self._tokens.append(self._scan())
            self._offset = self._tokens[-1].end
        return self._tokens[self._index + ahead]

    def advance(self) -> Token:
        token = self.peek()
        if token.kind is not Kind.END:
            self._index += 1
        return token

    @property
    def latest(self) -> Token:
        """The token that was read last."""
        return self._tokens[self._index - 1]

    def holds_comma(self, ahead: int) -> bool:
        """Whether the parenthesis that opens there has parts divided by commas."""
        opening = self._index + ahead
        if opening not in self._divided:
            self._look_for_commas(ahead)
        return self._divided[opening]

    def _look_for_commas(self, ahead: int) -> None:
        """Notes it for every parenthesis on the way to where that one closes."""
        open_ones: list[int] = []
        while True:
            token = self.peek(ahead)
            if token.sign in ("(", "["):
                open_ones.append(self._index + ahead)
                self._divided[open_ones[-1]] = False
            elif token.sign == ",":
                self._divided[open_ones[-1]] = True
            elif token.sign in (")", "]"):
                open_ones.pop()
            ahead += 1
            if not open_ones or token.kind is Kind.END:
                return

    def json(self) -> Any:
        """The JSON object that comes next."""
        self._forget_ahead()
        start = self._after_space(self._offset)
        try:
            value, self._offset = json.JSONDecoder().raw_decode(self.source, start)
        except (ValueError, RecursionError) as problem:
            offset = getattr(problem, "pos", start)
            raise self.error("not a JSON object", offset) from problem
        return value

    def error(self, message: str, offset: int, **details: str) -> FilterQLError:
        place = self.place(offset)
        return FilterQLError(message, place=place, source=self.source, **details)

    def place(self, offset: int) -> Place:
        line = bisect_right(self._line_starts, offset)
        return Place(line, offset - self._line_starts[line - 1] + 1)

    def _forget_ahead(self) -> None:
        del self._tokens[self._index :]
        self._divided.clear()
        self._offset = self._tokens[-1].end if self._tokens else 0

    def _after_space(self, offset: int) -> int:
        match = _SKIPPED.match(self.source, offset)
        return match.end() if match else offset

    def _scan(self) -> Token:
        start = self._after_space(self._offset)
        newline = "\n" in self.source[self._offset : start]
        if start >= len(self.source):
            return Token(Kind.END, "", start, start, newline)
        name = _NAME.match(self.source, start) if self._after_include() else None
        if name and not name[0].isdigit():
            return _word_token(name[0], start, name.end(), newline)
        kind, text, end, key = self._token_at(start)
        if kind is Kind.WORD:
            return _word_token(text, start, end, newline)
        sign = text if kind is Kind.SYMBOL else ""
        return Token(kind, text, start, end, newline, key, sign=sign)

    def _after_include(self) -> bool:
        """Whether any word will do here, one that starts with a digit too."""
        return bool(self._tokens) and self._tokens[-1].upper == "INCLUDE"

    def _token_at(self, start: int) -> tuple[Kind, str, int, str | None]:
        source = self.source
        char = source[start]
        if char == '"':
            return self._string(start)
        if char == "'" and self._single_quotes_are_text:
            return self._single(start)
        if char in "`'" or (char == "[" and not ARRAY_START.match(source, start)):
            return self._quoted(start)
        if char.isdecimal() and char.isascii():
            return self._number(start)
        if match := _WORD.match(source, start):
            return self._word(match)
        if source[start : start + 2] in _LONG_SYMBOLS:
            return Kind.SYMBOL, source[start : start + 2], start + 2, None
        if char in _SYMBOLS:
            return Kind.SYMBOL, char, start + 1, None
        hint = '; texts stand in straight quotes: "…"' if char in CURLY_QUOTES else ""
        raise self.error(f"{char!r} means nothing here{hint}", start, found=char)

    def _string(self, start: int) -> tuple[Kind, str, int, None]:
        match = _STRING.match(self.source, start)
        if match is None:
            raise self.error('this text has no closing "', start, expected='"')
        text = _ESCAPE.sub(lambda escape: escape[1] or '"', match[1])
        return Kind.STRING, text, match.end(), None

    def _single(self, start: int) -> tuple[Kind, str, int, None]:
        match = _SINGLE.match(self.source, start)
        if match is None:
            raise self.error("this text has no closing '", start, expected="'")
        text = _SINGLE_ESCAPE.sub(r"\1", match[1])
        return Kind.STRING, text, match.end(), None

    def _quoted(self, start: int) -> tuple[Kind, str, int, str | None]:
        closing = _CLOSING[self.source[start]]
        end = self.source.find(closing, start + 1)
        if end < 0:
            raise self.error(
                f"this name has no closing {closing}", start, expected=closing
            )
        if end == start + 1:
            raise self.error("a name is empty", start)
        name = self.source[start + 1 : end]
        key = _QUOTED_KEY.match(self.source, end + 1)
        if key:
            return Kind.QUOTED, name, key.end(), key[1] or key[2]
        return Kind.QUOTED, name, end + 1, None

    def _number(self, start: int) -> tuple[Kind, str, int, None]:
        match = _NUMBER.match(self.source, start)
        assert match is not None
        end = match.end()
        after = self.source[end : end + 1]
        if after.isalnum() or after in {"_", "."}:
            raise self._bad_number(start)
        if len(match[0]) > 1 and match[0].isdigit() and match[0][0] == "0":
            raise self._bad_number(start)
        return Kind.NUMBER, match[0], end, None

    def _bad_number(self, start: int) -> FilterQLError:
        whole = _NAME.match(self.source, start)
        text = (whole[0] if whole else self.source[start])[:LONGEST_SHOWN]
        if _DURATION.fullmatch(text):
            hint = f'a time ago is written "now-{text}"'
        else:
            hint = "numbers look like 5, 5.5, 1.5e3 or 0x1F; quote anything else"
        return self.error(
            f"{text} is not a number; {hint}", start, found=text, expected="a number"
        )

    def _word(self, match: re.Match[str]) -> tuple[Kind, str, int, str | None]:
        text = match[0]
        if text.endswith(".") and len(text) > 1:
            rest = _QUOTED_REST.match(self.source, match.end())
            if rest:
                return Kind.QUOTED, text[:-1], rest.end(), rest[1]
        return Kind.WORD, text, match.end(), None


def _word_token(text: str, start: int, end: int, newline: bool) -> Token:
    upper = text.upper()
    return Token(Kind.WORD, text, start, end, newline, None, upper, upper)


def comments_in(text: str) -> list[str]:
    """The comments of a stretch between two tokens, without their markers."""
    found = []
    for match in re.finditer(r"(?:--|//|#)([^\n]*)|/\*(.*?)\*/", text, re.DOTALL):
        found.append(match[2] if match[1] is None else match[1])
    return found
