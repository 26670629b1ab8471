"""How the value of an expression moves as time passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from segments.filterql.datemath import Shift, months_after
from segments.filterql.nodes import Node


class Grain(IntEnum):
    """The instants, in UTC, at which alone a value can change: the starts of these."""

    NEVER = 0
    YEAR = 1
    MONTH = 2
    DAY = 3
    HOUR = 4
    MINUTE = 5
    SECOND = 6

    def starts(self, after: datetime) -> Iterator[datetime]:
        """The starts later than a moment, up to the end of time."""
        if self is Grain.NEVER:
            return
        start = _next(self, _begun(self, after))
        while start is not None:
            yield start
            start = _next(self, start)


_LENGTHS = {
    Grain.DAY: timedelta(days=1),
    Grain.HOUR: timedelta(hours=1),
    Grain.MINUTE: timedelta(minutes=1),
    Grain.SECOND: timedelta(seconds=1),
}
_FIRST = (
    (Grain.SECOND, "microsecond", 0),
    (Grain.MINUTE, "second", 0),
    (Grain.HOUR, "minute", 0),
    (Grain.DAY, "hour", 0),
    (Grain.MONTH, "day", 1),
    (Grain.YEAR, "month", 1),
)
_MONTHS = {Grain.MONTH: 1, Grain.YEAR: 12}
_OF_UNIT = {
    "y": Grain.DAY,
    "M": Grain.DAY,
    "w": Grain.DAY,
    "d": Grain.DAY,
    "h": Grain.HOUR,
    "m": Grain.MINUTE,
    "s": Grain.SECOND,
}


def _begun(grain: Grain, moment: datetime) -> datetime:
    for finer, part, first in _FIRST:
        if finer >= grain:
            moment = moment.replace(**{part: first})  # type: ignore[arg-type]
    return moment


def _next(grain: Grain, start: datetime) -> datetime | None:
    if grain in _MONTHS:
        return months_after(start, _MONTHS[grain])
    try:
        return start + _LENGTHS[grain]
    except OverflowError:
        return None


class Motion(NamedTuple):
    """How a value moves."""

    grain: Grain = Grain.NEVER
    """SECOND for what moves all the time, of which each whole second is seen."""
    shift: Shift | None = None
    """It is the moment at this distance from now."""
    one_way: bool = False
    """It is a number, or a text of one, that time makes only larger or only smaller."""

    @property
    def stands(self) -> bool:
        return self.grain is Grain.NEVER

    @property
    def steps(self) -> bool:
        """Whether it stands still between the starts of its grain."""
        return self.shift is None and not self.one_way

    @property
    def goes_one_way(self) -> bool:
        """Whether as a number it does; months from now may lead back in time."""
        return self.one_way or (
            self.shift is not None and self.shift.length is not None
        )


STILL = Motion()
RESTLESS = Motion(Grain.SECOND)
ONE_WAY = Motion(Grain.SECOND, one_way=True)


def moment_at(shift: Shift) -> Motion:
    """Of the moment at this distance from now."""
    return Motion(Grain.SECOND, shift)


def together(motions: Iterable[Motion]) -> Motion:
    """Of what is made of several values in any way."""
    return Motion(max((motion.grain for motion in motions), default=Grain.NEVER))


# How the value of a function follows the moment it is given, by its declaration

Follows = Callable[[tuple[Node, ...], Motion], Motion]


def in_steps_of(grain: Grain) -> Follows:
    """A part of the moment, such as its hour."""
    return lambda arguments, given: steps_from(grain, given)


def steps_from(grain: Grain, given: Motion) -> Motion:
    """Where the moment is not the present one, the distance has steps of its own."""
    if given.shift is None:
        return RESTLESS
    own = _OF_UNIT[given.shift.unit] if given.shift.count else Grain.NEVER
    return Motion(grain and max(grain, own))


def as_itself(arguments: tuple[Node, ...], given: Motion) -> Motion:
    """The same moment."""
    return RESTLESS if given.shift is None else given


def as_number(arguments: tuple[Node, ...], given: Motion) -> Motion:
    """A number, or the text of one, that grows with it."""
    return ONE_WAY if given.goes_one_way else RESTLESS
