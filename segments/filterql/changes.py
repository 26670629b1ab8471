"""The instants at which a condition may change by the passing of time alone.

Each condition that looks at the clock tells the instants at which its answer can
change; the filter as a whole is then asked about them, soonest first, so that what it
reports is a real change of its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from segments.filterql import functions
from segments.filterql.coerce import to_time
from segments.filterql.datemath import Shift, shifter
from segments.filterql.nodes import Call, Node, Text, walk
from segments.filterql.values import MISSING, Evaluator, Shape, Values, shape_of

Side = tuple[Node, Evaluator]
Instants = Callable[[Values, datetime], Iterable[datetime]]
HOURS_AHEAD = 24


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


def reads_calendar(node: Node) -> bool:
    """Whether it asks a function for the hour, the day or the month it is."""
    return any(isinstance(part, Call) and _by_the_hour(part) for part in walk(node))


def _by_the_hour(call: Call) -> bool:
    function = functions.find(call.name)
    reads = function is not None and function.reads_clock
    return reads and call.name != "now" and len(call.arguments) < 2


def next_hours(now: datetime) -> Iterator[datetime]:
    hour = now.replace(minute=0, second=0, microsecond=0)
    for count in range(1, HOURS_AHEAD + 1):
        try:
            yield hour + timedelta(hours=count)
        except OverflowError:
            return


def first_change(
    matches: Callable[[Values, datetime], bool],
    instants: Iterable[datetime],
    values: Values,
    now: datetime,
) -> datetime | None:
    """The first of the instants after now at which the answer is another one."""
    present = matches(values, now)
    later = {instant for instant in instants if instant > now}
    return next(
        (when for when in sorted(later) if matches(values, when) is not present), None
    )
