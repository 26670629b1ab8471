"""Proof that memberships are what the filters say: evaluate everything again.

Reads each account in chunks of one snapshot each; what it finds is exact for an
installation at rest.
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
class Progress:
    """How many profiles have been compared, and what was found among them."""

    account: str
    profiles: int
    differences: list[Difference]


def verify() -> Iterator[Progress]:
    """Compare every membership of every account, a chunk of profiles at a time."""
    for account in Account.objects.order_by("pk"):
        after = 0
        while True:
            states, differences = _compare(account, after)
            if not states:
                break
            after = states[-1].id
            yield Progress(account.name, len(states), differences)


def _compare(
    account: Account, after: int
) -> tuple[list[ProfileState], list[Difference]]:
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
    return states, differences


def _differences(
    account: Account,
    definitions: Catalog,
    state: ProfileState,
    memberships: frozenset[int],
    now: datetime,
) -> Iterator[Difference]:
    state.prepare(definitions.schema)
    for segment in definitions.all():
        says = (
            bool(segment.matches(state.values, now)),
            segment.id in state.stored_members,
            segment.id in memberships,
        )
        if len(set(says)) > 1:
            yield Difference(account.name, state.id, segment.slug, *says)


def _in(says: bool) -> str:
    return "in" if says else "out"
