"""The clock of a condition, by what the condition is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from segments.filterql.changes import Clock, Reader, Step, Turns
from segments.filterql.datemath import SECOND, shifter
from segments.filterql.evaluators import Evaluators
from segments.filterql.instants import Side
from segments.filterql.motion import RESTLESS, Grain
from segments.filterql.moving import motion_of, shift_of
from segments.filterql.nodes import Binary, Call, Field, Node, Text, with_children
from segments.filterql.values import Values

MOVING_MOST = Text("now-1M")


def clock_of(node: Node, evaluators: Evaluators) -> Clock:
    """The clock of a condition, of whose parts these are the evaluators."""
    readings = evaluators.readings
    readers = (_reader(node, readings),) if readings else ()
    return replace(_clock(node, evaluators), turns=_turns_of(node), readers=readers)


def _clock(node: Node, evaluators: Evaluators) -> Clock:
    motion = motion_of(node)
    grain = Grain.NEVER if motion.shift is not None else motion.grain
    return Clock(tuple(evaluators.instants), grain)


def _reader(node: Node, readings: list[Side]) -> Reader:
    """The condition is as one that has the text where the value is."""

    def clock(values: Values, now: datetime) -> Clock | None:
        texts: dict[int, Node] = {}
        for part, evaluator in readings:
            text = _moving_text(evaluator(values, now))
            if text is not None:
                if not motion_of(part).stands:
                    return Clock(grain=RESTLESS.grain)
                texts[id(part)] = text
        return _clock_with(node, texts) if texts else None

    most = _clock_with(node, {id(part): MOVING_MOST for part, _ in readings})
    return Reader(clock, recurs=most.recurs)


def _moving_text(value: Any) -> Text | None:
    """What moves with now: the text, or the first of a list that does."""
    for item in value if isinstance(value, list) else (value,):
        if type(item) is str and item[:3].lower() == "now" and shifter(item):
            return Text(item)
    return None


def _clock_with(node: Node, texts: Mapping[int, Node]) -> Clock:
    changed = _with(node, texts)
    evaluators = Evaluators(lambda include: None)
    evaluators.evaluator(changed)
    return _clock(changed, evaluators)


def _with(node: Node, texts: Mapping[int, Node]) -> Node:
    found = texts.get(id(node))
    return found or with_children(node, lambda child: _with(child, texts))


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
