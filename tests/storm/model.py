"""What must happen: the events of a user, and the messages they must lead to.

A user's steps are sent one after the other, so a plain loop over them knows every
message. A step that was sent again because no answer came says the same again, and
a copy that comes late is older than what followed it: neither moves anyone.

Where a filter looks at the clock or is edited, the messages hang on when a batch came,
which nobody can know. But each says at which instant a user moved and what their
fields were, and so whether that move has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segments.profiles.render import rfc3339

Event = Mapping[str, Any]
Moves = frozenset[tuple[str, str]]
"""The segments a message tells of, each with enter or exit."""

RECENT_S, LONG_AGO_S = 1, 3


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, and whether it holds after an event, at an instant."""

    text: str
    holds: Callable[[Event, datetime], bool]


INSIDE = Filter("inside = true", lambda event, at: event["inside"])
HIGH = Filter("level > 5", lambda event, at: event["level"] > 5)
SEEN_LATELY = Filter('seen > "now-1s"', lambda event, at: age_s(event, at) < RECENT_S)
SEEN_BEFORE = Filter(
    'AND (seen <= "now-1s", seen > "now-3s")',
    lambda event, at: RECENT_S <= age_s(event, at) < LONG_AGO_S,
)

LATELY, EDITED, REBASED = "storm_lately", "storm_edited", "storm_rebased"
SEGMENTS = {
    "storm_inside": INSIDE,
    "storm_high": HIGH,
    LATELY: SEEN_LATELY,
    "storm_before": SEEN_BEFORE,
    EDITED: INSIDE,
    REBASED: HIGH,
}
"""The filters the segments begin with."""
IN_TURN = (SEEN_LATELY, HIGH, SEEN_BEFORE, INSIDE)
"""Those that the edited ones take."""
FORESEEN = {"both": ("storm_inside", "storm_high"), "high": ("storm_high",)}
"""The subscriptions whose every message is known, and what they listen to."""
SUBSCRIPTIONS = {
    **FORESEEN,
    "clock": (LATELY, "storm_before"),
    "edited": (EDITED,),
    "rebased": (REBASED,),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A message: after which step, and what it tells."""

    step: int
    moves: Moves


def event(step: int, seen: datetime) -> dict[str, Any]:
    """What a user's step says; each moves them into or out of something."""
    return {
        "step": step,
        "inside": step % 2 == 1,
        "level": step % 4 * 3,
        "seen": rfc3339(seen),
    }


def age_s(event: Event, at: datetime) -> int:
    """How long ago the event was seen: filters compare whole seconds."""
    seen = datetime.fromisoformat(event["seen"])
    return int(at.timestamp()) - int(seen.timestamp())


def messages(subscription: str, events: list[dict[str, Any]]) -> list[Told]:
    """What a subscription must be told of a user of these events, whenever it is."""
    expected = []
    inside: frozenset[str] = frozenset()
    for each in events:
        at = datetime.fromisoformat(each["seen"])
        now = frozenset(
            slug
            for slug in SUBSCRIPTIONS[subscription]
            if SEGMENTS[slug].holds(each, at)
        )
        moves = {(slug, "enter") for slug in now - inside}
        moves |= {(slug, "exit") for slug in inside - now}
        if moves:
            expected.append(Told(each["step"], frozenset(moves)))
        inside = now
    return expected
