"""When a filter's answer changes next, over conditions that may change for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import product
from math import prod
from typing import Any, NamedTuple

from segments.filterql.changes import Pieces, Step, same
from segments.filterql.instants import END_OF_TIME

MOST_TRIES = 1_500
"""How many pieces of time are looked at in one search."""
MOST_OUTCOMES = 150
"""Up to how many combinations of answers are tried to rule a change out."""


class Foresight(NamedTuple):
    """The next change of an answer if nothing but time passes."""

    step: Step | None
    seen_until: datetime | None = None
    """How far was looked in vain, if there may still be one later."""


class Timed(NamedTuple):
    """A condition that time may change."""

    pieces: Pieces
    outcomes: tuple[Any, ...]
    """Its possible answers; empty where it may have any."""


class Search:
    """Goes through time in pieces, cut first where few conditions change.

    Within a piece the finer conditions are looked at only if they could matter: while
    it is not December, `AND (mm() == 12, hourofday() == 9)` has no hours.
    """

    def __init__(
        self, timed: Sequence[Timed], ask: Callable[[Sequence[Any]], Any]
    ) -> None:
        self._timed = timed
        self._ask = ask
        self._answers: list[Any] = [None] * len(timed)
        self._tries = MOST_TRIES
        self._seen_until: datetime | None = None

    def first(self, present: Any, now: datetime) -> Foresight:
        """The first change of what was asked, which at present is this."""
        self._present = present
        if self._is_ruled_out(0):
            return Foresight(None)
        step = self._within(0, now, END_OF_TIME)
        return Foresight(step, self._seen_until)

    def _within(self, level: int, start: datetime, end: datetime) -> Step | None:
        ruled_out, known = False, False
        for piece in self._timed[level].pieces(start, end):
            self._tries -= 1
            if self._tries < 0:
                self._seen_until = piece.start
                return None
            if not known or not same(piece.answer, self._answers[level]):
                known, self._answers[level] = True, piece.answer
                ruled_out = self._is_ruled_out(level + 1)
            step = None if ruled_out else self._inside(level + 1, *piece[:2])
            if step is not None or self._seen_until is not None:
                return step
        return None

    def _inside(self, level: int, start: datetime, end: datetime) -> Step | None:
        if level == len(self._timed):
            return Step(start, self._ask(self._answers))
        return self._within(level, start, end)

    def _is_ruled_out(self, level: int) -> bool:
        """Whether the answers so far decide, whatever those from the level on are."""
        others = [timed.outcomes for timed in self._timed[level:]]
        if not 0 < prod(map(len, others)) <= MOST_OUTCOMES:
            return False
        known = self._answers[:level]
        return all(
            self._ask([*known, *outcome]) is self._present
            for outcome in product(*others)
        )
