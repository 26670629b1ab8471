"""Going through the users of a segment, or of a filter, a page at a time.

A page of a segment is read from the index of its members. A page of a filter that
no segment has looks at so many profiles and no more: it may hold few users, or
none, and still not be the last.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from lyticsapp.accounts.models import Account
from segments.definitions.models import Segment
from segments.definitions.statement import Statement
from segments.definitions.unsaved import UnsavedFilters
from segments.membership.preview import SPLITS, glance_for, preview
from segments.membership.sampling import Estimate
from segments.profiles.glance import Glance, Values
from segments.profiles.models import Profile

LOOKED_AT_ONCE = 500
LOOKED_AT_MOST = 20_000
LONGEST_S = 2.0
SORTED_AT_MOST = 100_000

_TOKEN = re.compile(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})")
_MEMBERS = """
SELECT profile_id FROM membership_membership
WHERE account_id = %(account)s AND segment_id = %(segment)s AND left_at IS NULL
  AND profile_id > %(after)s {split}
ORDER BY profile_id LIMIT %(limit)s
"""
_COUNT = """
SELECT count(*) FROM membership_membership
WHERE account_id = %(account)s AND segment_id = %(segment)s AND left_at IS NULL {split}
"""
_SORTED = """
SELECT p.id FROM membership_membership m JOIN profiles_profile p ON p.id = m.profile_id
WHERE m.account_id = %(account)s AND m.segment_id = %(segment)s AND m.left_at IS NULL
  {split}
ORDER BY {by} {direction} NULLS LAST, p.id OFFSET %(after)s LIMIT %(limit)s
"""
_PROFILES = """
SELECT id, {columns} FROM profiles_profile
WHERE account_id = %s AND id > %s ORDER BY id LIMIT %s
"""
_SPLIT = f"AND profile_id %% {SPLITS} = ANY(%(splits)s)"
_TIMES = {"_created": "p.created_at", "_modified": "p.modified_at"}
_FIELD = "p.fields -> %(field)s"


class ScanError(ValueError):
    """A page that cannot be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins, and how many users all pages hold."""

    after: int
    total: Estimate

    def __str__(self) -> str:
        return f"{self.after}-{self.total.value}-{self.total.margin}"


@dataclass(frozen=True, slots=True)
class Order:
    """What users are sorted by; those who lack the field come last."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which page of which users."""

    limit: int
    start: str = ""
    splits: Collection[int] = ()
    """Of the hundred parts users fall into evenly, these; none names all."""
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some users in their order, and the token of the next page, empty at the end."""

    profile_ids: Sequence[int]
    total: Estimate
    next_start: str


def scan_segment(segment: Segment, wanted: Wanted) -> Page:
    """A page of those who are in the segment now; raises ScanError."""
    values: dict[str, Any] = {
        "account": segment.account_id,
        "segment": segment.pk,
        "splits": list(wanted.splits),
        "limit": wanted.limit + 1,
    }
    split = _SPLIT if wanted.splits else ""
    here = _position(wanted.start) or Position(
        0, Estimate(_column(_COUNT.format(split=split), values)[0], 0)
    )
    values["after"] = here.after
    if wanted.order is None:
        ids = _column(_MEMBERS.format(split=split), values)
        last = ids[wanted.limit - 1] if len(ids) > wanted.limit else None
    else:
        ids = _column(_sorted(wanted.order, split, here.total.value, values), values)
        last = here.after + wanted.limit if len(ids) > wanted.limit else None
    return _page(ids[: wanted.limit], here.total, last)


def scan_filter(account: Account, statement: Statement, wanted: Wanted) -> Page:
    """A page of those who match the filter; raises ScanError and InvalidSegmentQLError.

    The number of all is an estimate in a large account.
    """
    if wanted.order is not None:
        raise ScanError("sortfield: only the users of a saved segment can be sorted.")
    splits = frozenset(wanted.splits)
    here = _position(wanted.start)
    if here is None:
        size = preview(account, statement, users=0, splits=splits).size
        here = Position(0, size)
    found: list[int] = []
    last: int | None = None
    for profile_id, matches in _looked_at(account, statement, here.after, splits):
        last = profile_id
        if matches:
            found.append(profile_id)
        if len(found) == wanted.limit:
            break
    more = last is not None and _is_followed(account, last)
    return _page(found, here.total, last if more else None)


def in_order(account: Account, profile_ids: Sequence[int]) -> list[Profile]:
    """The profiles of a page."""
    found = Profile.objects.for_account(account).defer("stamps").in_bulk(profile_ids)
    return [found[each] for each in profile_ids if each in found]


def _page(ids: Sequence[int], total: Estimate, last: int | None) -> Page:
    return Page(ids, total, "" if last is None else str(Position(last, total)))


def _position(start: str) -> Position | None:
    if not start:
        return None
    token = _TOKEN.fullmatch(start)
    if token is None:
        raise ScanError("start: is not the `_next` of an earlier answer.")
    after, total, margin = map(int, token.groups())
    return Position(after, Estimate(total, margin))


def _sorted(order: Order, split: str, total: int, values: dict[str, Any]) -> str:
    if total > SORTED_AT_MOST:
        raise ScanError(
            f"sortfield: the segment holds {total:,} users, and only up to "
            f"{SORTED_AT_MOST:,} can be sorted."
        )
    values["field"] = order.field
    return _SORTED.format(
        split=split,
        by=_TIMES.get(order.field, _FIELD),
        direction="DESC" if order.descending else "ASC",
    )


def _column(statement: str, values: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


def _looked_at(
    account: Account, statement: Statement, after: int, splits: frozenset[int]
) -> Iterator[tuple[int, bool]]:
    """Profiles by id and whether they match, as far as one page goes."""
    compiled = UnsavedFilters(account).compile(statement)
    glance = glance_for(account, [compiled])
    now, ends = datetime.now(UTC), time.monotonic() + LONGEST_S
    for _ in range(LOOKED_AT_MOST // LOOKED_AT_ONCE):
        lot = _next_lot(account, glance, after)
        for profile_id, values in lot:
            counts = not splits or profile_id % SPLITS in splits
            yield profile_id, counts and compiled(values, now)
            after = profile_id
        if len(lot) < LOOKED_AT_ONCE or time.monotonic() > ends:
            return


def _next_lot(account: Account, glance: Glance, after: int) -> list[tuple[int, Values]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _PROFILES.format(columns=glance.columns),
            (*glance.parameters, account.pk, after, LOOKED_AT_ONCE),
        )
        return [(pk, glance.values(columns)) for pk, *columns in cursor.fetchall()]


def _is_followed(account: Account, profile_id: int) -> bool:
    return Profile.objects.for_account(account).filter(pk__gt=profile_id).exists()
