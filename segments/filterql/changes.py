"""When the passing of time alone changes the answer of a condition.

A comparison with a moment relative to now tells the instants at which it can change,
exactly; so do functions that know them. A condition that uses the clock in any other
way (the hour of the day, a calculation with now) is tried by the hour for a day, and
asked again after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from segments.filterql import functions
from segments.filterql.coerce import to_time
from segments.filterql.datemath import SECOND, Shift, shifter
from segments.filterql.nodes import (
    COMPARISONS,
    Between,
    Binary,
    Call,
    Field,
    Node,
    Text,
    children,
)
from segments.filterql.values import MISSING, Evaluator, Shape, Values, shape_of

Side = tuple[Node, Evaluator]
Instants = Callable[[Values, datetime], Iterable[datetime]]
HOURS_AHEAD = 24
MICROSECOND = timedelta(microseconds=1)


class Step(NamedTuple):
    """An instant from which on a condition has another answer, and that answer."""

    when: datetime
    answer: Any


Turns = Callable[[Values, datetime], tuple[Step, ...] | None]


@dataclass(frozen=True, slots=True)
class Clock:
    """How the passing of time alone can change an answer."""

    instants: tuple[Instants, ...] = ()
    """What its comparisons with now say of the instants they can change at."""
    by_the_hour: bool = False
    """Whether it uses the clock in a way that tells no instants."""
    turns: Turns | None = None
    """Gives the changes without trying, or None where they are to be tried."""

    def beside(self, other: Clock) -> Clock:
        """The clock of what looks at both."""
        return Clock(
            (*self.instants, *other.instants), self.by_the_hour or other.by_the_hour
        )

    @property
    def ticks(self) -> bool:
        return bool(self.instants) or self.by_the_hour

    def steps(
        self, evaluate: Evaluator, values: Values, now: datetime
    ) -> tuple[Step, ...]:
        """The changes of the answer after now, in order; within a day, if only
        trying finds them."""
        if self.turns is not None:
            turns = self.turns(values, now)
            if turns is not None:
                return turns
        found = {when for tell in self.instants for when in tell(values, now)}
        later = {when for when in found if when > now}
        if not self.by_the_hour:
            return tuple(_changes(evaluate, sorted(later), values, now))
        hours = list(next_hours(now))
        end = hours[-1] if hours else now
        tried = sorted(when for when in later.union(hours) if when <= end)
        return tuple(_changes_between(evaluate, tried, values, now))


def _changes(
    evaluate: Evaluator, instants: list[datetime], values: Values, now: datetime
) -> Iterator[Step]:
    present = evaluate(values, now)
    for when in instants:
        answer = evaluate(values, when)
        if not _same(answer, present):
            present = answer
            yield Step(when, answer)


def _changes_between(
    evaluate: Evaluator, instants: list[datetime], values: Values, now: datetime
) -> Iterator[Step]:
    """The changes at or between the instants; of several between two, not all."""
    before, present = now, evaluate(values, now)
    for when in instants:
        answer = evaluate(values, when)
        if not _same(answer, present):
            first = _first_other(evaluate, values, before, when, present)
            present = evaluate(values, first)
            yield Step(first, present)
            if not _same(answer, present):
                present = answer
                yield Step(when, answer)
        before = when


def _first_other(
    evaluate: Evaluator,
    values: Values,
    before: datetime,
    after: datetime,
    present: Any,
) -> datetime:
    """Where between the two the answer becomes another one than at the first."""
    while after - before > MICROSECOND:
        middle = before + (after - before) // 2
        if _same(evaluate(values, middle), present):
            before = middle
        else:
            after = middle
    return after


def _same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))


def clock_of(node: Node, instants: Iterable[Instants]) -> Clock:
    """The clock of a condition whose parts told these instants."""
    return Clock(tuple(instants), _uses_now_freely(node), _turns_of(node))


def _turns_of(node: Node) -> Turns | None:
    """What is known of a field that is compared with a length of time from now.

    Such a comparison changes once, and never again.
    """
    if not isinstance(node, Binary) or node.operator not in _TURNS:
        return None
    field, shift = node.left, shift_of(node.right)
    if not isinstance(field, Field) or field.key is not None or shift is None:
        return None
    length = shift.length
    if length is None or isinstance(node.right, Call):
        return None
    answer, late = _TURNS[node.operator]
    return _turning(field.name, -length + late, answer)


_TURNS = {
    ">": (False, timedelta()),
    ">=": (False, SECOND),
    "<": (True, SECOND),
    "<=": (True, timedelta()),
}
"""What comparisons become, and how long after the moment that is compared with."""


def _turning(name: str, later: timedelta, answer: bool) -> Turns:
    def turns(values: Values, now: datetime) -> tuple[Step, ...] | None:
        value = values.get(name)
        if type(value) is not datetime or value.tzinfo is not UTC:
            return None
        try:
            when = value.replace(microsecond=0) + later
        except OverflowError:
            return None
        return (Step(when, answer),) if when > now else ()

    return turns


def shift_of(node: Node) -> Shift | None:
    """The distance from now that a node stands for."""
    if isinstance(node, Call) and node.name == "now":
        return Shift()
    if isinstance(node, Call) and node.name == "todate" and len(node.arguments) == 1:
        return shift_of(node.arguments[0])
    return shifter(node.value) if isinstance(node, Text) else None


def instants_of(one: Side, other: Side) -> Iterator[Instants]:
    """What the comparison of two sides says of its changes, if one is a moment
    relative to now."""
    for (node, evaluator), (relative, _) in ((one, other), (other, one)):
        shift = shift_of(relative)
        if shift is not None and shift_of(node) is None:
            yield _crossings(shift, evaluator)


def _crossings(shift: Shift, operand: Evaluator) -> Instants:
    def instants(values: Values, now: datetime) -> Iterator[datetime]:
        for moment in _moments(operand(values, now), now):
            yield from shift.crossings(moment)

    return instants


def _moments(value: Any, now: datetime) -> Iterator[datetime]:
    if value is MISSING:
        return
    many = shape_of(value) is Shape.MIXED
    for item in value if many else (value,):
        moment = to_time(item, now)
        if moment is not None:
            yield moment


def _uses_now_freely(node: Node) -> bool:
    """Whether a part reads the clock that is no side of a comparison with now."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Call) and _reads_clock(part):
            return True
        waiting += _unforeseen(part)
    return False


def _unforeseen(node: Node) -> Iterable[Node]:
    """The parts of a node whose use of the clock it tells no instants of."""
    if isinstance(node, Binary) and node.operator in COMPARISONS:
        sides = [node.left, node.right]
    elif isinstance(node, Between):
        sides = [node.operand, node.low, node.high]
        if shift_of(node.operand) is None:
            return [side for side in sides if shift_of(side) is None]
    else:
        return children(node)
    relative = [side for side in sides if shift_of(side) is not None]
    return sides if len(relative) > 1 else [s for s in sides if s not in relative]


def _reads_clock(call: Call) -> bool:
    """Whether it reads the clock, or is given a text that is relative to now."""
    function = functions.find(call.name)
    if function is None:
        return False
    if function.instants is not None:
        return False
    if function.reads_clock and len(call.arguments) == function.fewest:
        return True
    return any(isinstance(each, Text) and shift_of(each) for each in call.arguments)


def next_hours(now: datetime) -> Iterator[datetime]:
    hour = now.replace(minute=0, second=0, microsecond=0)
    for count in range(1, HOURS_AHEAD + 1):
        try:
            yield hour + timedelta(hours=count)
        except OverflowError:
            return
