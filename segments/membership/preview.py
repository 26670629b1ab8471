"""What a filter would do if a segment had it: how many, who, who enters, who leaves.

Nothing is locked and nothing written; a look at an account ends in time, and says
how far its numbers can be off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lyticsapp.accounts.models import Account
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment
from segments.definitions.statement import Statement
from segments.definitions.unsaved import UnsavedFilters
from segments.filterql import Compiled
from segments.membership.sampling import Estimate, Look
from segments.profiles.glance import Glance
from segments.profiles.models import Field, FieldType, Identity
from segments.profiles.typed import Schema

USERS_SHOWN = 10
SPLITS = 100


@dataclass(frozen=True, slots=True)
class User:
    """A user by whom a number can be judged."""

    profile_id: int
    identities: tuple[str, ...]

    def __str__(self) -> str:
        known = [*self.identities, f"Profile {self.profile_id}"]
        return known[0]


@dataclass(frozen=True, slots=True)
class Group:
    """How many users, and some of them, chosen at random."""

    size: Estimate
    users: Sequence[User]


@dataclass(frozen=True, slots=True)
class Moves:
    """Who would enter and who would leave a segment."""

    segment: Segment
    entering: Group
    leaving: Group

    @property
    def any(self) -> bool:
        """Whether the look has found anybody who would move."""
        return bool(self.entering.size.value or self.leaving.size.value)


def preview(
    account: Account,
    statement: Statement,
    *,
    users: int = USERS_SHOWN,
    splits: Collection[int] = (),
) -> Group:
    """Who matches a filter now; raises InvalidSegmentQLError.

    `splits` are those of the hundred parts of users that count; none names all.
    """
    compiled = UnsavedFilters(account).compile(statement)
    look = Look(account.pk, glance_for(account, [compiled]))
    now = datetime.now(UTC)
    found = _Found(users)
    for lot in look.lots():
        for profile in lot:
            counts = not splits or profile.id % SPLITS in splits
            if counts and compiled(profile.values, now):
                found.add(profile.id)
    return found.group(look, _users(account, found.ids))


def moves(
    segment: Segment, statement: Statement, *, users: int = USERS_SHOWN
) -> list[Moves]:
    """Who would move if the segment had this filter, in and out of it first, then of
    each segment whose answer hangs on it; raises InvalidSegmentQLError."""
    account = segment.account
    segments = [segment, *_hanging_on(segment)]
    unsaved = UnsavedFilters(account, {segment.pk: statement})
    filters = [unsaved.compile_segment(each) for each in segments]
    look = Look(account.pk, glance_for(account, filters), filters=len(filters))
    now = datetime.now(UTC)
    entering = [_Found(users) for _ in segments]
    leaving = [_Found(users) for _ in segments]
    for lot in look.lots():
        for profile in lot:
            for place, (each, matches) in enumerate(
                zip(segments, filters, strict=True)
            ):
                is_in = matches(profile.values, now)
                if is_in != (each.pk in profile.segment_ids):
                    (entering if is_in else leaving)[place].add(profile.id)
    shown = _users(account, [i for found in (*entering, *leaving) for i in found.ids])
    return [
        Moves(each, enters.group(look, shown), leaves.group(look, shown))
        for each, enters, leaves in zip(segments, entering, leaving, strict=True)
    ]


@dataclass(slots=True)
class _Found:
    """Those who were found, the first few by id: profiles come in random order."""

    most: int
    count: int = 0
    ids: list[int] = field(default_factory=list)

    def add(self, profile_id: int) -> None:
        self.count += 1
        if len(self.ids) < self.most:
            self.ids.append(profile_id)

    def group(self, look: Look, users: dict[int, User]) -> Group:
        return Group(look.estimate(self.count), [users[i] for i in self.ids])


def glance_for(account: Account, filters: Iterable[Compiled]) -> Glance:
    """What is read of the account's profiles to ask these filters."""
    types = Field.objects.for_account(account).values_list("name", "type")
    mentioned = frozenset().union(*(each.fields for each in filters))
    schema = Schema({name: FieldType(kind) for name, kind in types}, mentioned)
    return Glance(schema, mentioned)


def _hanging_on(segment: Segment) -> list[Segment]:
    reached = IncludeGraph(segment.account).reached_by(segment)
    segments = Segment.objects.for_account(segment.account_id)
    return list(segments.filter(pk__in=reached).order_by("slug"))


def _users(account: Account, ids: Iterable[int]) -> dict[int, User]:
    identities: dict[int, list[str]] = {profile_id: [] for profile_id in ids}
    rows = Identity.objects.filter(account=account, profile__in=list(identities))
    for profile_id, value in rows.order_by("field", "value").values_list(
        "profile", "value"
    ):
        identities[profile_id].append(value)
    return {i: User(i, tuple(values)) for i, values in identities.items()}
