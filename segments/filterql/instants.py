"""The instants at which the answer of a comparison can change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from segments.filterql.coerce import (
    loose_float,
    seconds,
    to_float,
    to_int,
    to_time,
)
from segments.filterql.comparison import compare
from segments.filterql.datemath import Shift
from segments.filterql.moving import motion_of, side_motion
from segments.filterql.nodes import Node
from segments.filterql.values import MISSING, Evaluator, Shape, Values, shape_of

Side = tuple[Node, Evaluator]
Instants = Callable[[Values, datetime], Iterable[datetime]]
Standing = Callable[[Any, Any, datetime], Any]
MICROSECOND = timedelta(microseconds=1)
END_OF_TIME = datetime.max.replace(tzinfo=UTC)
MOST_STANDINGS = 4
"""Less, equal, more, and not to be compared."""


def of_comparison(one: Side, other: Side) -> Iterator[Instants]:
    """What == != > >= < <= say."""
    yield from _of_moments(one, other)
    yield from _of_one_way(one, other, _compared)


def of_end(operand: Side, end: Side) -> Iterator[Instants]:
    """What BETWEEN says of one of its ends."""
    yield from _of_moments(operand, end)
    yield from _of_one_way(operand, end, _inside)


def of_order(one: Side, other: Side) -> Iterator[Instants]:
    """What gt(), ge(), lt() and le() say."""
    yield from _of_one_way(one, other, _ordered)


def _of_moments(one: Side, other: Side) -> Iterator[Instants]:
    """If one side is a moment relative to now."""
    for (node, evaluator), (relative, _) in ((one, other), (other, one)):
        shift = side_motion(relative).shift
        if shift is not None and side_motion(node).shift is None:
            yield _crossings(shift, evaluator)


def _of_one_way(one: Side, other: Side, standing: Standing) -> Iterator[Instants]:
    """If one side, as a number, goes one way, and the other stands still."""
    first, second = motion_of(one[0]), motion_of(other[0])
    if first.goes_one_way and second.stands:
        yield _meetings(one[1], other[1], standing)
    elif second.goes_one_way and first.stands:
        yield _meetings(
            other[1], one[1], lambda moving, item, now: standing(item, moving, now)
        )


def _crossings(shift: Shift, operand: Evaluator) -> Instants:
    def instants(values: Values, now: datetime) -> Iterator[datetime]:
        for moment in _moments(operand(values, now), now):
            yield from shift.crossings(moment)

    return instants


def _moments(value: Any, now: datetime) -> Iterator[datetime]:
    for item in _items(value):
        moment = to_time(item, now)
        if moment is not None:
            yield moment


def _items(value: Any) -> Iterable[Any]:
    """What is compared, each by itself."""
    if value is MISSING:
        return ()
    return value if shape_of(value) is Shape.MIXED else (value,)


def _meetings(moving: Evaluator, other: Evaluator, standing: Standing) -> Instants:
    """When what goes one way reaches and passes what stands still."""

    def instants(values: Values, now: datetime) -> Iterator[datetime]:
        def stand(item: Any, when: datetime) -> Any:
            return standing(moving(values, when), item, when)

        for item in _items(other(values, now)):
            yield from _turning_points(partial(stand, item), now)

    return instants


def _turning_points(
    stand: Callable[[datetime], Any], now: datetime
) -> Iterator[datetime]:
    """When the standing changes, which it does a few times and never back."""
    when, last = now, stand(END_OF_TIME)
    for _ in range(MOST_STANDINGS):
        present = stand(when)
        if present == last:
            return
        when = _first_other(stand, when, present)
        yield when


def _first_other(
    stand: Callable[[datetime], Any], before: datetime, present: Any
) -> datetime:
    """When it is another than at present, which it is at the end of time."""
    after = END_OF_TIME
    while after - before > MICROSECOND:
        middle = before + (after - before) // 2
        if stand(middle) == present:
            before = middle
        else:
            after = middle
    return after


def _compared(left: Any, right: Any, now: datetime) -> Any:
    """As numbers where both are texts, which have no order; two moments are told of
    by their distance."""
    if type(left) is datetime and type(right) is datetime:
        return None
    if type(left) is str and type(right) is str:
        left, right = loose_float(left), loose_float(right)
    return compare(">", left, right, now), compare(">=", left, right, now)


def _inside(value: Any, end: Any, now: datetime) -> Any:
    """As BETWEEN reads the end; two moments are told of by their distance."""
    match value, end:
        case int(), _:
            return _signs(value, to_int(end))
        case float(), _:
            return _signs(value, to_float(end))
        case datetime(), int() | float() | str():
            moment = to_time(end, now)
            return moment and _signs(seconds(value), seconds(moment))
    return None


def _ordered(left: Any, right: Any, now: datetime) -> Any:
    return _signs(to_float(left), to_float(right))


def _signs(left: float | None, right: float | None) -> Any:
    return None if left is None or right is None else (left > right, left >= right)
