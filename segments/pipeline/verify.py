"""Proof that memberships are what the filters say: evaluate everything again.

And that what time will change is due no later than it changes. Reads each account in
chunks of one snapshot each; what it finds is exact for an installation at rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from lyticsapp.accounts.models import Account
from segments.definitions import lock
from segments.definitions.catalog import Catalog, catalog
from segments.pipeline.batch import raw_cursor
from segments.pipeline.load import COLUMNS
from segments.pipeline.state import ProfileState
from segments.profiles.instants import instant, microseconds

CHUNK_PROFILES = 2000

_CHUNK = f"""
SELECT {COLUMNS},
    ARRAY(SELECT segment_id FROM membership_membership m
          WHERE m.profile_id = p.id AND m.left_at IS NULL)
FROM profiles_profile p WHERE account_id = %s AND id > %s ORDER BY id LIMIT %s
"""  # noqa: S608 - only the constant above is filled in


@dataclass(frozen=True, slots=True)
class Difference:
    """A profile whose stored membership of a segment is not what its filter gives."""

    account: str
    profile_id: int
    segment: str
    filter_says: bool
    profile_says: bool
    membership_says: bool

    def __str__(self) -> str:
        return (
            f"account {self.account}, profile {self.profile_id}, "
            f"segment {self.segment}: the filter says {_in(self.filter_says)}, "
            f"the profile {_in(self.profile_says)}, "
            f"the memberships {_in(self.membership_says)}"
        )


@dataclass(frozen=True, slots=True)
class LateDue:
    """A profile whose stored due time for a segment misses a change of its answer."""

    account: str
    profile_id: int
    segment: str
    changes_at: datetime
    due_at: datetime | None

    def __str__(self) -> str:
        stored = f"due at {self.due_at}" if self.due_at else "not due at any time"
        return (
            f"account {self.account}, profile {self.profile_id}, "
            f"segment {self.segment}: the filter's answer changes at "
            f"{self.changes_at}, the profile is {stored}"
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How many profiles have been compared, and what was found among them."""

    account: str
    profiles: int
    differences: list[Difference | LateDue]
    overdue: int
    """Profiles whose time has come and whom the sweep has not evaluated yet."""


def verify() -> Iterator[Progress]:
    """Compare every membership of every account, a chunk of profiles at a time."""
    for account in Account.objects.order_by("pk"):
        after = 0
        while True:
            last, progress = _compare(account, after)
            if not progress.profiles:
                break
            after = last
            yield progress


def _compare(account: Account, after: int) -> tuple[int, Progress]:
    with transaction.atomic(), raw_cursor() as cursor:
        definitions = catalog(account.pk, lock.shared(cursor, account.pk))
        cursor.execute(_CHUNK, (account.pk, after, CHUNK_PROFILES))
        rows = cursor.fetchall()
    now = datetime.now(UTC)
    states = [ProfileState.stored(row[:-1]) for row in rows]
    differences = [
        difference
        for state, row in zip(states, rows, strict=True)
        for difference in _differences(
            account, definitions, state, frozenset(row[-1]), now
        )
    ]
    overdue = sum(bool(state.overdue(microseconds(now))) for state in states)
    last = states[-1].id if states else after
    return last, Progress(account.name, len(states), differences, overdue)


def _differences(
    account: Account,
    definitions: Catalog,
    state: ProfileState,
    memberships: frozenset[int],
    now: datetime,
) -> Iterator[Difference | LateDue]:
    state.prepare(definitions.schema, now)
    overdue = frozenset(state.overdue(microseconds(now)))
    for segment in definitions.segments.values():
        profile_says = segment.id in state.stored_members
        says = (
            # Until the sweep comes, what is stored is right as of the due time.
            profile_says
            if segment.id in overdue
            else segment.filter.matches(state.answers),
            profile_says,
            segment.id in memberships,
        )
        if len(set(says)) > 1:
            yield Difference(account.name, state.id, segment.slug, *says)
        if segment.filter.uses_now and segment.id not in overdue:
            changes_at = segment.filter.boundary(state.answers)
            due_at = _woken_at(state, segment.id)
            if changes_at and (due_at is None or due_at > changes_at):
                yield LateDue(account.name, state.id, segment.slug, changes_at, due_at)


def _woken_at(state: ProfileState, segment_id: int) -> datetime | None:
    """When the sweep evaluates a segment for this profile, if it ever does."""
    due_us = state.dues.get(segment_id)
    if due_us is None or state.due_us is None:
        return None
    return instant(max(due_us, state.due_us))


def _in(says: bool) -> str:
    return "in" if says else "out"
