"""From changed profiles to steps: who moved into or out of what, and why.

Whatever the cause, an event, a merge, the time or a changed definition, a profile is
evaluated here. Of all segments only those are looked at that can have changed: an
update is folded in between two looks at the conditions on the fields it changes, and
the segments of those whose answer has become another are evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from segments.definitions.catalog import Catalog, CompiledSegment
from segments.filterql import Condition, Steps, moved_along
from segments.pipeline.claim import ClaimedEvent
from segments.pipeline.place import Place
from segments.pipeline.state import ProfileState, Update
from segments.profiles.instants import instant, microseconds

EVENT, MERGE, SCHEDULE = "event", "merge", "schedule"


class Move(NamedTuple):
    """A profile's step into or out of a segment."""

    segment_id: int
    event: Literal["enter", "exit"]
    until: datetime | None
    """When time alone will end what has been entered, where that is known."""


@dataclass(frozen=True, slots=True)
class Step:
    """One update of one profile that somebody may want to be told of."""

    place: Place
    cause: str
    moves: list[Move]
    before: frozenset[int]
    after: frozenset[int]
    render: Callable[[], dict[str, Any]]
    merged_ids: tuple[int, ...] = ()
    changed: frozenset[str] = frozenset()
    """The fields that are watched and have another value now."""


class Evaluator:
    """Evaluates profiles against the definitions of an account, at one instant."""

    def __init__(
        self, catalog: Catalog, now: datetime, watched: frozenset[str] = frozenset()
    ) -> None:
        """`watched` are the fields whose changes make a step of their own."""
        self.catalog = catalog
        self._watched = watched
        self.now = now
        self._now_us = microseconds(now)

    def prepare(self, place: Place) -> None:
        """Ready a profile for evaluation."""
        place.prepare(self.catalog.schema, self.now)

    def initialise(self, place: Place, segments: Iterable[CompiledSegment]) -> None:
        """Take a profile's place in segments that are computed silently as given."""
        for segment in segments:
            if segment.filter.matches(place.answers):
                place.members.add(segment.id)
            else:
                place.members.discard(segment.id)
            place.set_due(segment.id, segment.filter.boundary(place.answers))

    def catch_up(self, place: Place) -> Step | None:
        """Evaluate what has become due, so that nothing later is told in its place."""
        segments = self.catalog.segments
        due = []
        for segment_id in place.overdue(self._now_us):
            segment = segments.get(segment_id)
            if segment is not None and segment.filter.uses_now:
                due.append(segment)
            else:  # deleted, or edited since: time moves nobody there any more
                del place.dues[segment_id]
        return self.step(place, due, SCHEDULE) if due else None

    def apply(self, state: ProfileState, event: ClaimedEvent) -> Step | None:
        """Fold an event into a profile and evaluate what that could change."""
        update = state.update_by(event.fields, event.event_us, event.id)
        begins = state.is_new and not state.values
        affected = self._take(state, update)
        if begins:
            affected.update(self.catalog.that_hold_the_blank)
        changed = self._watched & update.changed
        if not affected and not changed:
            return None
        before = frozenset(state.members)
        moves = self._moves(state, affected)
        if not moves and not changed:
            return None
        return self._step(state, EVENT, moves, before, changed=changed)

    def merge(self, state: ProfileState, others: Iterable[ProfileState]) -> Step:
        """Merge profiles into one: whoever was in a segment was in it already."""
        affected: set[CompiledSegment] = set()
        changed: set[str] = set()
        for other in others:
            update = state.update_by_merging(other)
            changed |= self._watched & update.changed
            affected |= self._take(state, update)
            affected.update(self.catalog.of(other.members))
            state.absorb(other)
        before = frozenset(state.members)
        moves = self._moves(state, affected)
        return self._step(
            state,
            MERGE,
            moves,
            before,
            merged_ids=tuple(state.merged_ids),
            changed=frozenset(changed),
        )

    def step(
        self, place: Place, segments: Iterable[CompiledSegment], cause: str
    ) -> Step | None:
        """Evaluate the segments and move the profile; None where nothing moved."""
        before = frozenset(place.members)
        moves = self._moves(place, segments)
        return self._step(place, cause, moves, before) if moves else None

    def _take(self, state: ProfileState, update: Update) -> set[CompiledSegment]:
        """Make an update; returns the segments it affects.

        Those of conditions whose answer it changes, and of those that look at the
        clock and will change their answer in another way than before.
        """
        answers = state.answers
        conditions = self.catalog.conditions_on(update.changed)
        before = [
            (condition, answers[condition], self._steps(state, condition))
            for condition in conditions
        ]
        state.take(update, self.catalog.schema)
        answers.forget(conditions)
        users_of = self.catalog.users_of
        affected: set[CompiledSegment] = set()
        for condition, answer, steps in before:
            if answers[condition] is not answer:
                affected.update(users_of[condition])
            elif condition.uses_now:
                affected.update(self._turned(state, condition, steps))
        return affected

    def _steps(self, state: ProfileState, condition: Condition) -> Steps | None:
        """How time changes a condition; None where that cannot be compared.

        It cannot where the changes have no end, or where due times may be those of
        another definition.
        """
        if not condition.uses_now:
            return ()
        if self.catalog.recomputing or state.answers.clock(condition).grain:
            return None
        return state.answers.steps(condition)

    def _turned(
        self, state: ProfileState, condition: Condition, before: Steps | None
    ) -> Iterable[CompiledSegment]:
        """The segments to evaluate when a condition changes at other instants.

        Where it changes to the same answers, a segment that nothing else changes is
        due with it if it was so before: its due time moves along.
        """
        users = self.catalog.users_of[condition]
        after = self._steps(state, condition)
        if before is None or after is None:
            return users
        if after == before:
            return ()
        moved = moved_along(before, after)
        if moved is None:
            return users
        alone = self.catalog.clocked_by.get(condition, frozenset())
        affected = [segment for segment in users if segment.id not in alone]
        due_us = {microseconds(old): microseconds(new) for old, new in moved.items()}
        for segment_id in alone & state.dues.keys():
            if state.dues[segment_id] in due_us:
                state.dues[segment_id] = due_us[state.dues[segment_id]]
            else:  # affected by an earlier update already, and yet to be evaluated
                affected.append(self.catalog.segments[segment_id])
        return affected

    def _moves(self, place: Place, segments: Iterable[CompiledSegment]) -> list[Move]:
        moves: list[Move] = []
        members, answers = place.members, place.answers
        for segment in segments:
            matches = segment.filter.matches(answers)
            place.set_due(segment.id, segment.filter.boundary(answers))
            if matches == (segment.id in members):
                continue
            if matches:
                members.add(segment.id)
                place.entered_at[segment.id] = self.now
                until = place.dues.get(segment.id)
                moves.append(
                    Move(segment.id, "enter", None if until is None else instant(until))
                )
            else:
                members.remove(segment.id)
                moves.append(Move(segment.id, "exit", None))
        moves.sort(key=_segment_id)
        return moves

    def _step(
        self,
        place: Place,
        cause: str,
        moves: list[Move],
        before: frozenset[int],
        *,
        merged_ids: tuple[int, ...] = (),
        changed: frozenset[str] = frozenset(),
    ) -> Step:
        as_it_is = place.rendering(self.catalog.types)
        after = frozenset(place.members)
        return Step(place, cause, moves, before, after, as_it_is, merged_ids, changed)


def _segment_id(move: Move) -> int:
    return move.segment_id
