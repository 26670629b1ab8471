"""How often something happened lately."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from segments.filterql.coerce import EPOCH, seconds, to_int, to_time
from segments.filterql.dates import parse_date
from segments.filterql.functions.registry import Context, function
from segments.filterql.motion import STILL, Grain, Motion
from segments.filterql.nodes import Node, Number
from segments.filterql.values import MISSING

SECONDS_A_DAY = 86_400
MOST_DAYS = 36_500


def _window_problem(arguments: tuple[Node, ...]) -> str:
    """Why a window will not do, empty where it will."""
    times, days = arguments[1:]
    if not _is_count(times) or not _is_count(days):
        return "timewindow wants how often and in how many days: timewindow(x, 5, 30)"
    return "" if _count(days) <= MOST_DAYS else f"at most {MOST_DAYS} days are counted"


def _is_count(node: Node) -> bool:
    return isinstance(node, Number) and isinstance(node.value, int) and node.value > 0


def _count(node: Node) -> int:
    assert isinstance(node, Number)
    return int(node.value)


def _happenings(value: Any, now: datetime) -> Iterator[tuple[int, int]]:
    """When something happened, in Unix seconds, and how often it did then.

    A list holds a date for each time, a map counts by date, a date stands for once.
    """
    if isinstance(value, dict):
        pairs = [(parse_date(str(key)), to_int(often)) for key, often in value.items()]
    else:
        items = value if isinstance(value, list) else [value]
        pairs = [(to_time(item, now), 1) for item in items]
    for moment, often in pairs:
        if moment is not None and often is not None:
            yield seconds(moment), often


def _changes(context: Context, value: Any, times: Any, days: Any) -> Iterator[datetime]:
    """As each enters the window, and as it leaves it."""
    window = (to_int(days) or 0) * SECONDS_A_DAY
    for second, _ in _happenings(value, context.now):
        for instant in (second, second + window):
            try:
                yield EPOCH + timedelta(seconds=instant)
            except OverflowError:
                continue


def _as_window(arguments: tuple[Node, ...], given: Motion) -> Motion:
    """What keeps its distance from now stays in the window, or outside."""
    keeps = given.shift is not None and given.shift.length is not None
    return STILL if keeps else Motion(Grain.DAY)


@function(
    "timewindow(x, times, days)",
    3,
    wants_context=True,
    reads_clock=True,
    check=_window_problem,
    instants=_changes,
    follows=_as_window,
    reads_moments=True,
)
def timewindow(context: Context, value: Any, times: Any, days: Any) -> Any:
    """Whether dates, or a map that counts by date, hold so many in the last days."""
    wanted, window = to_int(times), to_int(days)
    if value is None or wanted is None or window is None:
        return MISSING
    present = seconds(context.now)
    first = present - window * SECONDS_A_DAY
    found = _happenings(value, context.now)
    return sum(often for when, often in found if first < when <= present) >= wanted
