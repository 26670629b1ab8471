"""What a subscriber was told of a user and a segment, and whether it is the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, pairwise
from typing import Any

from tests.storm import model
from tests.storm.editing import Edit
from tests.storm.load import User


@dataclass(frozen=True, slots=True)
class Move:
    """An enter or exit, when it was, why, and the fields the user then had."""

    kind: str
    at: datetime
    cause: str
    fields: model.Event


History = Sequence[Move]
"""The moves of a user in the order in which they were told."""


def of(messages: Iterable[dict[str, Any]], slug: str) -> History:
    """What the messages tell of a segment."""
    return [
        Move(
            kind=(kind := told["event"]),
            at=datetime.fromisoformat(told[kind]),
            cause=message["meta"]["cause"],
            fields=message["data"],
        )
        for message in messages
        for told in message["data"]["segment_events"]
        if told["slug"] == slug
    ]


def check_true(history: History, edits: Sequence[Edit]) -> None:
    """Each move is what a filter said that the segment may have had at its instant."""
    for move in history:
        answers = {
            edit.filter.holds(move.fields, move.at)
            for edit in _in_force(edits, move.at)
        }
        assert (move.kind == "enter") in answers, f"{move} by {edits}"


def check_alternation(history: History) -> None:
    """Nobody enters twice, and nobody leaves who is not in."""
    kinds = [move.kind for move in history]
    wanted = [kind for kind, _ in zip(cycle(("enter", "exit")), kinds, strict=False)]
    assert kinds == wanted, history


def check_end(history: History, filter_: model.Filter, user: User) -> None:
    """The subscriber knows whether the user is in the segment now."""
    told = bool(history) and history[-1].kind == "enter"
    assert told == filter_.holds(user.accepted[-1], datetime.now(UTC)), history


def check_none_left_too_late(history: History, user: User) -> None:
    """Who was seen lately leaves by time alone, before a step that came too late.

    However late a batch is, what is due is evaluated before its events.
    """
    for enter, exit_ in zip(history[::2], history[1::2], strict=False):
        assert exit_.cause == "schedule", exit_
        meanwhile = user.events[enter.fields["step"] - 1 : exit_.fields["step"]]
        for one, other in pairwise(meanwhile):
            came = datetime.fromisoformat(other["seen"])
            assert model.age_s(one, came) < model.RECENT_S, (
                f"{user.name}: {enter}, {exit_}"
            )


def _in_force(edits: Sequence[Edit], at: datetime) -> list[Edit]:
    """The edits of which one was the last at this instant."""
    replaced_at = [edit.answered_at for edit in edits[1:]]
    ends = [*replaced_at, datetime.max.replace(tzinfo=UTC)]
    return [
        edit for edit, end in zip(edits, ends, strict=True) if edit.sent_at <= at <= end
    ]
