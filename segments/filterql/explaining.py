"""Why a filter matches or does not, condition by condition, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from segments.filterql.answers import Answers
from segments.filterql.changes import Step
from segments.filterql.closures import field as field_evaluator
from segments.filterql.errors import FilterQLError
from segments.filterql.nodes import (
    AllOf,
    AnyOf,
    Chain,
    Field,
    Include,
    MatchAll,
    Node,
    Not,
    walk,
)
from segments.filterql.printer import field_text, format_expression
from segments.filterql.sharing import Conditions, SharedFilter
from segments.filterql.statements import Statement
from segments.filterql.values import MISSING, Values

MOST_PARTS = 5_000
"""After so many parts what is included is told by its answer alone."""

Source = Statement | Node | None
Find = Callable[[str], Source]


class Kind(Enum):
    """What a part of a filter is."""

    AND = "and"
    OR = "or"
    NOT = "not"
    INCLUDE = "include"
    EVERYONE = "everyone"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Reading:
    """A field that a condition reads, as it is written there, and what it holds."""

    field: str
    value: Any
    """Of no meaning where the field is missing."""
    missing: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer becomes if nothing but time passes."""

    at: datetime
    answer: bool | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A part of a filter: its answer, and those of the parts it is made of."""

    kind: Kind
    text: str
    answer: bool | None
    """None where it cannot be evaluated."""
    change: Change | None
    """The next change of the answer by the passing of time alone."""
    readings: tuple[Reading, ...] = ()
    parts: tuple[Explanation, ...] = ()
    """The items of a group; the filter that an INCLUDE names."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a whole filter matches or not."""

    match: bool
    change: Change | None
    """When it will match, or match no more, if nothing but time passes."""
    seen_until: datetime | None
    """How far that was looked for in vain; None where the change, or that there is
    none, is known for all time."""
    root: Explanation | None
    """The parts; None where the filter has no condition, and matches nobody."""


def explain(source: Source, include: Find, values: Values, now: datetime) -> Explained:
    """Tell why; `include` gives a filter by the lower-cased name, or None.

    Filters that include each other in a circle are not evaluable.
    """
    return _Explainer(include, Answers(values, now), values, now).explain(source)


class _Explainer:
    """Explains one filter for one profile."""

    def __init__(
        self, include: Find, answers: Answers, values: Values, now: datetime
    ) -> None:
        self._include = include
        self._answers = answers
        self._values = values
        self._now = now
        self._conditions = Conditions()
        self._included: dict[str, SharedFilter] = {}
        self._count = 0

    def explain(self, source: Source) -> Explained:
        node = _node_of(source)
        filter_ = self._compiled(node)
        turn, seen_until = filter_.next_match(self._answers)
        return Explained(
            match=filter_.matches(self._answers),
            change=None if turn is None else Change(turn.when, bool(turn.answer)),
            seen_until=seen_until,
            root=None if node is None else self._part(node, ()),
        )

    def _part(self, node: Node, path: tuple[str, ...]) -> Explanation:
        self._count += 1
        filter_ = self._compiled(node)
        return Explanation(
            kind=_kind_of(node),
            text=format_expression(node),
            answer=_answer(filter_.condition(self._answers)),
            change=_change(filter_.next_condition(self._answers).step),
            readings=self._readings(node),
            parts=tuple(self._parts(node, path)),
        )

    def _parts(self, node: Node, path: tuple[str, ...]) -> list[Explanation]:
        match node:
            case AllOf(items) | AnyOf(items) | Chain(_, items):
                return [self._part(item, path) for item in items]
            case Not(operand):
                return [self._part(operand, path)]
            case Include(name) if name not in path and self._count < MOST_PARTS:
                found = _node_of(self._include(name))
                return [] if found is None else [self._part(found, (*path, name))]
        return []

    def _readings(self, node: Node) -> tuple[Reading, ...]:
        if _kind_of(node) is not Kind.CONDITION:
            return ()
        found = {field_text(p): p for p in walk(node) if isinstance(p, Field)}
        return tuple(self._reading(text, field) for text, field in found.items())

    def _reading(self, text: str, field: Field) -> Reading:
        value = field_evaluator(field)(self._values, self._now)
        missing = value is MISSING
        return Reading(text, None if missing else value, missing)

    def _compiled(self, source: Source) -> SharedFilter:
        try:
            return self._conditions.compile(source, self._shared)
        except FilterQLError:
            return self._conditions.compile(source)

    def _shared(self, name: str) -> SharedFilter | None:
        source = self._include(name)
        if source is None:
            return None
        if name not in self._included:
            self._included[name] = self._conditions.compile(source, self._shared)
        return self._included[name]


def _node_of(source: Source) -> Node | None:
    return source.expression if isinstance(source, Statement) else source


def _kind_of(node: Node) -> Kind:
    match node:
        case AllOf() | Chain("AND" | "&&"):
            return Kind.AND
        case AnyOf() | Chain():
            return Kind.OR
        case Not():
            return Kind.NOT
        case Include():
            return Kind.INCLUDE
        case MatchAll():
            return Kind.EVERYONE
    return Kind.CONDITION


def _answer(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _change(step: Step | None) -> Change | None:
    return None if step is None else Change(step.when, _answer(step.answer))
