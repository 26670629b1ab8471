"""Moments relative to now, dates in texts, and when an answer changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from segments.filterql import Compiled, FilterQLError, compile_filter, parse_filter
from segments.filterql.coerce import text_time
from segments.filterql.datemath import shifted_now
from segments.filterql.wire import decode, decode_context
from tests.conformance.vectors import Vector

SECOND = timedelta(seconds=1)
STEPS = 400


def disagreement(vector: Vector, clock: datetime) -> str:
    """How our answer differs from the engine's, empty where it does not."""
    if vector.kind == "boundary":
        return _of_boundary(vector, clock)
    return _of_moment(vector)


def present(vector: Vector, clock: datetime) -> datetime:
    anchor = vector.data.get("anchor")
    return datetime.fromisoformat(anchor) if anchor else clock


def _of_moment(vector: Vector) -> str:
    """A term such as -1d, for which the library does not want the word now."""
    text, now = vector.text, present(vector, datetime.now(UTC))
    if vector.kind == "datemath":
        bare = not text.startswith("now") and len(text) > 2
        ours = shifted_now(f"now{text}" if bare else text, now)
    else:
        ours = text_time(text, now)
    if not vector.expect["ok"]:
        return "" if ours is None else f"is {ours}"
    expected = decode({"$time": vector.expect["time"]}, now) if _has_time(vector) else 0
    agrees = ours is not None and expected in (0, ours)
    return "" if agrees else f"is {ours}, the engine {vector.expect['time']}"


def _has_time(vector: Vector) -> bool:
    return isinstance(vector.expect["time"], str)


def _of_boundary(vector: Vector, clock: datetime) -> str:
    now = present(vector, clock)
    try:
        asked = compiled(vector)
    except FilterQLError as error:
        return f"is refused: {error}"
    values = values_of(vector, now)
    expect = vector.expect
    if "match" in expect:
        answer = tuple(asked.evaluate(values, now))
        if answer != (expect["match"], expect["match_ok"]):
            return f"{answer}, the engine {(expect['match'], expect['match_ok'])}"
    ours, theirs = asked.boundary(values, now), engines_boundary(vector, now)
    return "" if ours == theirs else f"changes at {ours}, the engine {theirs}"


def compiled(vector: Vector) -> Compiled:
    def include(name: str) -> Compiled | None:
        found = vector.included.get(name)
        return None if found is None else compile_filter(found, include)

    return compile_filter(parse_filter(vector.text), include)


def values_of(vector: Vector, now: datetime) -> dict[str, Any]:
    return decode_context(vector.context, vector.data.get("types"), now)


def engines_boundary(vector: Vector, now: datetime) -> datetime | None:
    """The instant the engine told; none where it fails or sees no change."""
    told = vector.expect.get("boundary")
    if told is None:
        return None
    found = decode(told if isinstance(told, dict) else {"$time": told}, now)
    assert isinstance(found, datetime)
    return found


def is_the_first_change(vector: Vector, clock: datetime) -> bool:
    """Whether stepping through time finds our boundary, and no change before it."""
    now = present(vector, clock)
    asked, values = compiled(vector), values_of(vector, now)
    ours = asked.boundary(values, now)
    answer = asked(values, now)
    if ours is not None and asked(values, ours) is answer:
        return False
    return all(
        asked(values, instant) is answer
        for instant in _instants(now, ours, engines_boundary(vector, now))
    )


def _instants(
    now: datetime, ours: datetime | None, theirs: datetime | None
) -> list[datetime]:
    """Before our boundary: evenly spread, and each second around the engine's."""
    end = ours or now + timedelta(days=4000)
    spread = [now + (end - now) * step / STEPS for step in range(STEPS)]
    around = [theirs + step * SECOND for step in range(-5, 6)] if theirs else []
    last = [end - SECOND, end - SECOND / 1000] if ours else []
    return [when for when in (*spread, *around, *last) if now <= when < end]
