"""LIKE: patterns over a whole text.

`*` and `%` stand for any run of characters, `?` for one that is not a slash, `[a-c]`
and `[^a]` for one of a class, and a backslash takes the next character as it is.
Plain runs are searched for directly, everything else by RE2, so that no pattern and
no text can make a match take longer than their lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import re2

from segments.filterql.limits import LONGEST_PATTERN

LARGEST_MACHINE_BYTES = 1024 * 1024
ANYTHING = r"[\x{0}-\x{10ffff}]"
NOTHING = r"[^\x{0}-\x{10ffff}]"


class PatternError(ValueError):
    """A LIKE pattern that is malformed."""


@dataclass(frozen=True, slots=True)
class _Class:
    """A `[…]`."""

    negated: bool
    ranges: tuple[tuple[str, str], ...]

    def regex(self) -> str:
        parts = [f"{_code(a)}-{_code(b)}" for a, b in self.ranges if a <= b]
        if not parts:
            return ANYTHING if self.negated else NOTHING
        return f"[{'^' if self.negated else ''}{''.join(parts)}]"


class _Star:
    """Any run."""


class _One:
    """Any one character but a slash."""


Piece = str | _Class | _Star | _One
Matcher = Callable[[str], bool]


@lru_cache(maxsize=512)
def matcher(pattern: str) -> Matcher:
    """A function that tells whether a text matches; raises PatternError."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"a pattern has at most {LONGEST_PATTERN} characters")
    pieces = _pieces(pattern)
    if all(isinstance(piece, str | _Star) for piece in pieces):
        return _plain(pieces)
    return _general(pieces)


def affixed(pattern: str) -> tuple[str, str] | None:
    """A pattern of one text and runs before or after it: Python for a text `v` and
    that text as {2}."""
    pieces = _pieces(pattern)
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if len(texts) != 1 or not all(isinstance(p, str | _Star) for p in pieces):
        return None
    starts, ends = (isinstance(pieces[end], _Star) for end in (0, -1))
    if starts and ends:
        return "{2} in v", texts[0]
    if starts or ends:
        return f"v.{'ends' if starts else 'starts'}with({{2}})", texts[0]
    return "v == {2}", texts[0]


def _pieces(pattern: str) -> list[Piece]:
    pieces: list[Piece] = []
    literal: list[str] = []
    position = 0

    def flush() -> None:
        if literal:
            pieces.append("".join(literal))
            literal.clear()

    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "\\":
            if position == len(pattern):
                raise PatternError("a pattern cannot end with a single backslash")
            literal.append(pattern[position])
            position += 1
            continue
        if char not in "*%?[":
            literal.append(char)
            continue
        flush()
        if char in "*%":
            pieces.append(_Star())
        elif char == "?":
            pieces.append(_One())
        else:
            found, position = _class(pattern, position)
            pieces.append(found)
    flush()
    return pieces


def _class(pattern: str, position: int) -> tuple[_Class, int]:
    negated = pattern.startswith("^", position)
    position += negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern.startswith("]", position)):
        low, position = _class_char(pattern, position)
        high = low
        if pattern.startswith("-", position):
            high, position = _class_char(pattern, position + 1)
        ranges.append((low, high))
    return _Class(negated, tuple(ranges)), position + 1


def _class_char(pattern: str, position: int) -> tuple[str, int]:
    char = pattern[position : position + 1]
    if char == "\\":
        position += 1
        char = pattern[position : position + 1]
    elif char in ("-", "]"):
        char = ""
    if not char or position + 1 >= len(pattern):
        raise PatternError("a [ in a pattern is not closed by ]")
    return char, position + 1


def _plain(pieces: list[Piece]) -> Matcher:
    """A pattern of texts and stars: find each text after the one before it."""
    texts = [piece for piece in pieces if isinstance(piece, str)]
    starts = bool(pieces) and isinstance(pieces[0], _Star)
    ends = bool(pieces) and isinstance(pieces[-1], _Star)
    if not any(isinstance(piece, _Star) for piece in pieces):
        whole = "".join(texts)
        return lambda text: text == whole
    if not texts:
        return lambda text: True
    if len(texts) == 1:
        return _single(texts[0], starts, ends)
    head = "" if starts else texts.pop(0)
    tail = "" if ends else texts.pop()
    return lambda text: _in_order(text, head, texts, tail)


def _single(part: str, starts: bool, ends: bool) -> Matcher:
    if starts and ends:
        return lambda text: part in text
    if starts:
        return lambda text: text.endswith(part)
    return lambda text: text.startswith(part)


def _in_order(text: str, head: str, middle: list[str], tail: str) -> bool:
    if len(text) < len(head) + len(tail):
        return False
    if not (text.startswith(head) and text.endswith(tail)):
        return False
    position, end = len(head), len(text) - len(tail)
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _general(pieces: list[Piece]) -> Matcher:
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    options.never_capture = True
    options.max_mem = LARGEST_MACHINE_BYTES
    try:
        machine = re2.compile("".join(_regex(piece) for piece in pieces), options)
    except (re2.error, UnicodeEncodeError) as problem:
        raise PatternError("the pattern is too large") from problem
    return lambda text: _matches(machine, text)


def _matches(machine: re2._Regexp, text: str) -> bool:
    try:
        return machine.fullmatch(text) is not None
    except UnicodeEncodeError:
        return False


def _regex(piece: Piece) -> str:
    if isinstance(piece, _Star):
        return ".*"
    if isinstance(piece, _One):
        return "[^/]"
    return piece.regex() if isinstance(piece, _Class) else re2.escape(piece)


def _code(char: str) -> str:
    return f"\\x{{{ord(char):x}}}"
