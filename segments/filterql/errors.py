"""The one error of the language, which tells where, what and what instead."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

LONGEST_LINE_SHOWN = 100


class Place(NamedTuple):
    """Where something stands in a text, counted from one."""

    line: int = 1
    column: int = 1


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that was probably meant, or nothing."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    found = get_close_matches(word.lower()[:64], by_lower, n=1, cutoff=0.65)
    return by_lower[found[0]] if found else ""


class FilterQLError(ValueError):
    """A text, or a filter it includes, that cannot be understood."""

    def __init__(
        self,
        message: str,
        *,
        place: Place | None = None,
        source: str = "",
        found: str = "",
        expected: str = "",
        suggestion: str = "",
    ) -> None:
        self.message = message
        self.place = place or Place()
        self.source = source
        self.found = found
        self.expected = expected
        self.suggestion = suggestion
        super().__init__(str(self))

    @property
    def line(self) -> int:
        return self.place.line

    @property
    def column(self) -> int:
        return self.place.column

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuilt, (self.__dict__,))

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self._sentence()}"

    def pretty(self) -> str:
        """The message, the line it is about and a caret under the place."""
        lines = self.source.split("\n")
        if not self.source or self.line > len(lines):
            return str(self)
        start = max(0, self.column - LONGEST_LINE_SHOWN // 2)
        shown = lines[self.line - 1].replace("\t", " ").rstrip("\r")
        shown = shown[start : start + LONGEST_LINE_SHOWN]
        return f"{self}\n  {shown}\n  {' ' * (self.column - 1 - start)}^"

    def _sentence(self) -> str:
        parts = [self.message]
        if self.found and self.expected:
            parts.append(f"expected {self.expected} but found {self.found}")
        elif self.expected:
            parts.append(f"expected {self.expected}")
        elif self.found:
            parts.append(f"found {self.found}")
        sentence = ": ".join(part for part in parts if part)
        if self.suggestion:
            sentence += f". Did you mean {self.suggestion}?"
        return sentence.replace("\n", " ")


def _rebuilt(state: dict[str, object]) -> FilterQLError:
    error = FilterQLError.__new__(FilterQLError)
    error.__dict__.update(state)
    ValueError.__init__(error, str(error))
    return error
