"""When the passing of time alone changes the answer of a condition.

A comparison with a moment relative to now, or with a number that time makes only
larger or smaller, tells the instants at which it can change, exactly; so do functions
that know them. Where a condition uses the clock in any other way, its answer stands
between the starts of hours, days or whatever the functions in it say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Any, NamedTuple

from segments.filterql.instants import Instants
from segments.filterql.motion import Grain
from segments.filterql.values import Evaluator, Values


class Step(NamedTuple):
    """An instant from which on a condition has another answer, and that answer."""

    when: datetime
    answer: Any


class Piece(NamedTuple):
    """A stretch of time, without its end, through which an answer stands."""

    start: datetime
    end: datetime
    answer: Any


Steps = tuple[Step, ...]
Turns = Callable[[Values, datetime], Steps | None]
Pieces = Callable[[datetime, datetime], Iterator[Piece]]


@dataclass(frozen=True, slots=True)
class Clock:
    """How the passing of time alone can change an answer."""

    instants: tuple[Instants, ...] = ()
    """What its comparisons with now say of the instants they can change at."""
    grain: Grain = Grain.NEVER
    """At the starts of what else it can change."""
    turns: Turns | None = None
    """Gives the changes without trying, or None where they are to be tried."""
    readers: tuple[Reader, ...] = ()
    """Look whether values hold texts such as "now-1d" where moments are read."""

    def beside(self, *others: Clock) -> Clock:
        """The clock of what looks at all of them."""
        clocks = (self, *others)
        return Clock(
            tuple(each for clock in clocks for each in clock.instants),
            max(clock.grain for clock in clocks),
            readers=tuple(each for clock in clocks for each in clock.readers),
        )

    @property
    def ticks(self) -> bool:
        return bool(self.instants or self.grain or self.readers)

    @property
    def recurs(self) -> bool:
        """Whether changes without an end are possible."""
        return bool(self.grain) or any(reader.recurs for reader in self.readers)

    def seen(self, values: Values, now: datetime) -> Clock:
        """The clock for these values: texts in them may move too."""
        found = [reader.clock(values, now) for reader in self.readers]
        moving = [clock for clock in found if clock is not None]
        return self.beside(*moving) if moving else self

    def steps(self, evaluate: Evaluator, values: Values, now: datetime) -> Steps:
        """The changes of the answer after now, in order, if they come to an end."""
        if self.turns is not None:
            turns = self.turns(values, now)
            if turns is not None:
                return turns
        return tuple(_changes(evaluate, self._told(values, now), values, now))

    def pieces(self, evaluate: Evaluator, values: Values, now: datetime) -> Pieces:
        """Cuts a stretch of time after now into pieces with an answer each."""
        told = self._told(values, now)

        def pieces(start: datetime, end: datetime) -> Iterator[Piece]:
            later = (when for when in told if when > start)
            for when in merge(later, self.grain.starts(start)):
                if when >= end:
                    break
                if when > start:
                    yield Piece(start, when, evaluate(values, start))
                    start = when
            yield Piece(start, end, evaluate(values, start))

        return pieces

    def _told(self, values: Values, now: datetime) -> list[datetime]:
        found = {when for tell in self.instants for when in tell(values, now)}
        return sorted(when for when in found if when > now)


@dataclass(frozen=True, slots=True)
class Reader:
    """Looks whether a value is a text such as "now-1d" where a moment is read."""

    clock: Callable[[Values, datetime], Clock | None]
    """What this makes of the condition's clock; None where there is no such text."""
    recurs: bool
    """Whether it may make changes without an end possible."""


def _changes(
    evaluate: Evaluator, instants: list[datetime], values: Values, now: datetime
) -> Iterator[Step]:
    present = evaluate(values, now)
    for when in instants:
        answer = evaluate(values, when)
        if not same(answer, present):
            present = answer
            yield Step(when, answer)


def same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))


def moved_along(before: Steps, after: Steps) -> dict[datetime, datetime] | None:
    """When changes come now, by when they came; None if other changes come now."""
    if len(before) != len(after):
        return None
    pairs = list(zip(before, after, strict=True))
    if not all(same(old.answer, new.answer) for old, new in pairs):
        return None
    return {old.when: new.when for old, new in pairs}
