"""What must happen: the events of a user, and the messages they must lead to.

A user's steps are sent one after the other, so a plain loop over them knows every
message. A step that was sent again because no answer came says the same again, and
a copy that comes late is older than what followed it: neither moves anyone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]
Moves = frozenset[tuple[str, str]]
"""The segments a message tells of, each with enter or exit."""

FILTERS: dict[str, tuple[str, Callable[[Event], bool]]] = {
    "storm_inside": ("FILTER inside = true", lambda event: event["inside"]),
    "storm_high": ("FILTER level > 5", lambda event: event["level"] > 5),
}
SUBSCRIPTIONS = {
    "both": ("storm_inside", "storm_high"),
    "high": ("storm_high",),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A message: after which step, and what it tells."""

    step: int
    moves: Moves


def event(step: int) -> dict[str, Any]:
    """What a user's step says; each moves them into or out of something."""
    return {"step": step, "inside": step % 2 == 1, "level": step % 4 * 3}


def messages(subscription: str, steps: int) -> list[Told]:
    """What a subscription must be told of a user who took so many steps."""
    expected = []
    inside: frozenset[str] = frozenset()
    for step in range(1, steps + 1):
        now = frozenset(
            slug
            for slug in SUBSCRIPTIONS[subscription]
            if FILTERS[slug][1](event(step))
        )
        moves = {(slug, "enter") for slug in now - inside}
        moves |= {(slug, "exit") for slug in inside - now}
        if moves:
            expected.append(Told(step, frozenset(moves)))
        inside = now
    return expected
