"""A batch: one transaction that takes a lane's events all the way.

Claim the events, find whose they are, lock those profiles, fold and evaluate,
write profiles, memberships and messages, mark the events done. Either all of it
happens or none; a batch that meets another on the way begins again.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg import Cursor, DataError, errors

from lyticsapp import counters
from segments.definitions import lock
from segments.definitions.catalog import Catalog, catalog
from segments.pipeline import schema, triggers
from segments.pipeline.claim import (
    ClaimedEvent,
    ask_lane,
    claim,
    lane_given,
    mark_done,
)
from segments.pipeline.errors import (
    ContentionError,
    LimitError,
    StaleReadError,
    UnappliedError,
)
from segments.pipeline.evaluate import Evaluator, Step
from segments.pipeline.load import lock_profiles, silent_parts
from segments.pipeline.place import Place
from segments.pipeline.resolve import Person, Resolution, resolve
from segments.pipeline.state import ProfileState
from segments.pipeline.write import (
    profile_updates,
    write_memberships,
    write_profiles,
)
from segments.profiles.models import FieldType

# What the values of an event can cause, in Python or in PostgreSQL.
CAUSED_BY_VALUES = (
    ArithmeticError,
    DataError,
    LimitError,
    RecursionError,
    TypeError,
    ValueError,
    errors.ProgramLimitExceeded,
)
_COMMIT_WITHOUT_WAITING = "SET LOCAL synchronous_commit TO off"
MAX_BEGINNINGS = 8
LONGEST_PAUSE_S = 0.2

Result = TypeVar("Result")


class Lane(Enum):
    """How a lane was found."""

    BUSY = "busy"
    EMPTY = "empty"
    WORKED = "worked"


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch did."""

    lane: Lane
    events: int = 0
    more: bool = False
    """Whether the lane may hold further events."""


class _TypesNeeded(Exception):  # noqa: N818 - a turn in the flow, not an error
    def __init__(self, wanted: dict[str, FieldType], event_ids: list[int]) -> None:
        super().__init__(wanted, event_ids)
        self.wanted = wanted
        self.event_ids = event_ids


def process(account_id: int, lane: int, most: int | None = None) -> Batch:
    """Apply the next events of a lane; raises ContentionError, UnappliedError."""
    limit = most or settings.PIPELINE_BATCH_EVENTS
    return begin_again_when_stale(lambda: _process(account_id, lane, limit))


def begin_again_when_stale(work: Callable[[], Result]) -> Result:
    """Run a transaction again where another one came between; raises ContentionError."""
    for beginning in range(MAX_BEGINNINGS):
        try:
            return work()
        except (StaleReadError, errors.DeadlockDetected):
            pass  # raw cursors raise the driver's errors, Django's raise its own
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.DeadlockDetected):
                raise
        pause = LONGEST_PAUSE_S * random.random() * (beginning + 1)  # noqa: S311
        threading.Event().wait(pause / MAX_BEGINNINGS)
    raise ContentionError


def _process(account_id: int, lane: int, limit: int) -> Batch:
    try:
        with transaction.atomic():
            batch, told = _transact(account_id, lane, limit)
    except _TypesNeeded as needed:
        _widen(account_id, needed)
        return Batch(Lane.WORKED, more=True)
    told()
    return batch


def _widen(account_id: int, needed: _TypesNeeded) -> None:
    try:
        schema.widen(account_id, needed.wanted)
    except LimitError as error:
        raise UnappliedError(needed.event_ids) from error


def _transact(
    account_id: int, lane: int, limit: int
) -> tuple[Batch, Callable[[], None]]:
    with raw_cursor() as cursor:
        version, has_lane = _take_hold(account_id, lane)
        if not has_lane:
            return Batch(Lane.BUSY), _nothing_to_tell
        definitions = catalog(account_id, version)
        claimed = claim(cursor, account_id, lane, limit, definitions.identity_fields)
        events = claimed.events
        if not events:
            return Batch(Lane.EMPTY), _nothing_to_tell
        try:
            told = _apply(cursor, account_id, definitions, version, events)
        except CAUSED_BY_VALUES as error:
            raise UnappliedError([event.id for event in events]) from error
        mark_done(cursor, account_id, lane, events)
    return Batch(Lane.WORKED, len(events), more=claimed.more), told


def _take_hold(account_id: int, lane: int) -> tuple[int, bool]:
    """Hold the definitions and the lane, all in one round trip to the server.

    Returns the version of the definitions and whether the lane was free.
    """
    with raw_cursor() as held, raw_cursor() as told, raw_cursor() as given:
        with held.connection.pipeline():
            lock.hold(held, account_id)
            lock.ask_version(told, account_id)
            ask_lane(given, account_id, lane)
            commit_without_waiting()  # the events stay pending until it is safe
        return lock.version_told(told), lane_given(given)


def _apply(
    cursor: Cursor[Any],
    account_id: int,
    definitions: Catalog,
    version: int,
    events: list[ClaimedEvent],
) -> Callable[[], None]:
    """Do what the events ask for; returns what is to be told after the commit."""
    wanted = schema.missing_types(
        (event.fields for event in events), definitions.types, definitions.pinned
    )
    if wanted:
        raise _TypesNeeded(wanted, [event.id for event in events])
    now = datetime.now(UTC)
    sink = triggers.sink_for(account_id, version)
    evaluator = Evaluator(definitions, now, sink.fields_watched())
    states, steps = _work(cursor, account_id, evaluator, events)
    write_profiles(cursor, account_id, states, now)
    heard = sink.segments_listened_to()
    since = write_memberships(cursor, account_id, states, now, heard=heard)
    told = sink.write(cursor, profile_updates(steps, since, now, heard=heard), now)
    figures = _figures(events, steps, now)

    def tell() -> None:
        sink.notify(told)
        counters.add(figures)

    return tell


def _work(
    cursor: Cursor[Any],
    account_id: int,
    evaluator: Evaluator,
    events: list[ClaimedEvent],
) -> tuple[list[ProfileState], list[Step]]:
    """Fold the events into their profiles, in the order they were accepted."""
    resolution = resolve(cursor, account_id, events)
    stored = _load(cursor, account_id, resolution, evaluator)
    states: dict[int, ProfileState] = {}
    steps: list[Step | None] = []
    for event in events:
        person = resolution.of_event.get(event.id)
        if person is None:
            continue
        state = states.get(person.profile_id)
        if state is None:
            state = _begin(person, stored, event, evaluator)
            states[state.id] = state
            steps.append(evaluator.catch_up(state))
            if person.merged_ids:
                others = [stored[merged] for merged in person.merged_ids]
                steps.append(evaluator.merge(state, others))
        steps.append(evaluator.apply(state, event))
    return list(states.values()), [step for step in steps if step is not None]


def _load(
    cursor: Cursor[Any],
    account_id: int,
    resolution: Resolution,
    evaluator: Evaluator,
) -> dict[int, ProfileState]:
    ids = set().union(*(person.profile_ids for person in resolution.people))
    if not ids:
        return {}
    states = lock_profiles(cursor, account_id, ids)
    for state in states.values():
        evaluator.prepare(state)
    place_silently(cursor, account_id, evaluator, states.values())
    return states


def place_silently(
    cursor: Cursor[Any],
    account_id: int,
    evaluator: Evaluator,
    places: Iterable[Place],
) -> None:
    """Where a silent recompute has yet to reach locked profiles, it does so now."""
    definitions = evaluator.catalog
    if not definitions.recomputing:
        return
    silent = silent_parts(cursor, account_id)
    for place in places:
        unplaced = [
            definitions.segments[part.segment_id]
            for part in silent
            if part.has_yet_to_reach(place.id)
        ]
        evaluator.initialise(place, unplaced)


def commit_without_waiting() -> None:
    """Have the transaction's commit not wait for the disk.

    For work that is found again where a crash undoes it. What its messages tell is
    not lost: they are sent only after the commit of their claim, which waits.
    """
    raw_cursor().execute(_COMMIT_WITHOUT_WAITING)


def _begin(
    person: Person,
    stored: dict[int, ProfileState],
    event: ClaimedEvent,
    evaluator: Evaluator,
) -> ProfileState:
    if person.is_new:
        state = ProfileState.new(person.profile_id, event.event_us)
        evaluator.prepare(state)
    else:
        state = stored[person.profile_id]
    state.new_keys = person.new_keys
    return state


def raw_cursor() -> Cursor[Any]:
    """A cursor on Django's connection that binds on the server, in binary."""
    connection.ensure_connection()
    return Cursor(connection.connection)


def _nothing_to_tell() -> None:
    return None


def _figures(
    events: list[ClaimedEvent], steps: list[Step], now: datetime
) -> dict[counters.Name, float]:
    now_us = now.timestamp() * 1_000_000
    figures: Counter[counters.Name] = Counter()
    for step in steps:
        for move in step.moves:
            figures[
                counters.name("lyticsapp_triggers", event=move.event, cause=step.cause)
            ] += 1
    delay_us = sum(now_us - event.received_us for event in events)
    return {
        counters.name("lyticsapp_batches"): 1,
        counters.name("lyticsapp_events"): len(events),
        counters.name("lyticsapp_event_delay_seconds"): delay_us / 1_000_000,
        **figures,
    }
