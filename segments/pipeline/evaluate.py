"""From changed profiles to steps: who moved into or out of what, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from segments.definitions.catalog import Catalog, CompiledSegment
from segments.pipeline.claim import ClaimedEvent
from segments.pipeline.state import ProfileState
from segments.profiles.render import render

Move = tuple[int, Literal["enter", "exit"]]


@dataclass(frozen=True, slots=True)
class Step:
    """One update of one profile that somebody may want to be told of."""

    state: ProfileState
    cause: str
    moves: list[Move]
    before: frozenset[int]
    after: frozenset[int]
    render: Callable[[], dict[str, Any]]
    merged_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates profiles against the definitions of an account, at one instant."""

    catalog: Catalog
    now: datetime

    def initialise(
        self, state: ProfileState, segments: Iterable[CompiledSegment]
    ) -> None:
        """Take a profile's place in segments that are computed silently as given."""
        for segment in segments:
            if segment.matches(state.values, self.now):
                state.members.add(segment.id)
            else:
                state.members.discard(segment.id)

    def apply(self, state: ProfileState, event: ClaimedEvent) -> Step | None:
        """Fold an event into a profile and evaluate what that could change."""
        begins = state.is_new and not state.stamps
        changed = state.fold(
            event.fields, event.event_us, event.id, self.catalog.schema
        )
        if begins:
            return self.step(state, self.catalog.all(), "event")
        return self.step(state, self.catalog.that_mention(changed), "event")

    def merge(self, state: ProfileState, others: Iterable[ProfileState]) -> Step:
        """Merge profiles into one: whoever was in a segment was in it already."""
        for other in others:
            state.absorb(other, self.catalog.schema)
        before = frozenset(state.members)
        moves = self._moves(state, self.catalog.all())
        return self._step(state, "merge", moves, before, tuple(state.merged_ids))

    def step(
        self, state: ProfileState, segments: Iterable[CompiledSegment], cause: str
    ) -> Step | None:
        """Evaluate the segments and move the profile; None where nothing moved."""
        before = frozenset(state.members)
        moves = self._moves(state, segments)
        return self._step(state, cause, moves, before) if moves else None

    def _moves(
        self, state: ProfileState, segments: Iterable[CompiledSegment]
    ) -> list[Move]:
        moves: list[Move] = []
        members = state.members
        for segment in segments:
            matches = segment.matches(state.values, self.now)
            if matches == (segment.id in members):
                continue
            if matches:
                members.add(segment.id)
                state.entered_at[segment.id] = self.now
                moves.append((segment.id, "enter"))
            else:
                members.remove(segment.id)
                moves.append((segment.id, "exit"))
        return moves

    def _step(
        self,
        state: ProfileState,
        cause: str,
        moves: list[Move],
        before: frozenset[int],
        merged_ids: tuple[int, ...] = (),
    ) -> Step:
        as_it_is = partial(
            render,
            dict(state.fields),
            self.catalog.types,
            state.created_at,
            state.modified_at,
        )
        return Step(
            state, cause, moves, before, frozenset(state.members), as_it_is, merged_ids
        )
