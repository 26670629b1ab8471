"""Telling a new subscription of the users who are in its segments already.

The walk goes over the members in the order of their profiles, a chunk a
transaction, and goes on at its cursor after a kill. A chunk locks its profiles
first and reads their memberships after that, so it and the batches that move these
users agree on who is told by whom; see `subscriptions.told` for the other half.

The walk waits while a segment is still being computed, and while plenty of its
messages are waiting to be sent: live messages are never far behind.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from psycopg import Cursor

from segments.definitions import lock
from segments.pipeline.triggers import Transition
from segments.profiles.models import Profile
from subscriptions import hints, ledger, members
from subscriptions.listeners import COLLECTING, Listener, find
from subscriptions.message import segment_event
from subscriptions.models import Backfill, Subscription
from subscriptions.outbox import BACKFILL, Draft, insert
from subscriptions.sql import raw_cursor

CHUNK_PROFILES = 500
MOST_WAITING = 5_000
SLICE_S = 1.0  # profiles that are due wait in the same queue

_LOCK_WALK = """
SELECT cursor, last_profile_id, total, started_at FROM subscriptions_backfill
WHERE subscription_id = %b AND ended_at IS NULL FOR UPDATE SKIP LOCKED
"""
_WAITING = """
SELECT count(*) FROM (
    SELECT 1 FROM subscriptions_delivery
    WHERE subscription_id = %b AND state = 'pending' LIMIT %b::int
) d
"""
_COUNT = """
SELECT count(DISTINCT profile_id) FROM membership_membership
WHERE segment_id = ANY(%b::int[]) AND left_at IS NULL AND profile_id <= %b::bigint
"""
_MEMBERSHIPS = """
SELECT m.profile_id, m.segment_id, m.entered_at
FROM membership_membership m
WHERE m.profile_id = ANY(%b::bigint[]) AND m.segment_id = ANY(%b::int[])
  AND m.left_at IS NULL
ORDER BY m.profile_id, m.segment_id
"""
_ADVANCE = """
UPDATE subscriptions_backfill SET cursor = %b, done = done + %b, total = %b
WHERE subscription_id = %b
"""


class Walk(Enum):
    """What became of a chunk."""

    MORE = "more"
    WAITING = "waiting"
    """For a segment to be computed, or for messages to be sent."""
    BUSY = "busy"
    """Another worker has it, or there is no such walk."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class _Progress:
    cursor: int
    last_profile_id: int
    total: int
    started_at: datetime


def start(subscription: Subscription) -> None:
    """Begin a walk, from the start; inside `lock.exclusive` of the account."""
    last = Profile.objects.for_account(subscription.account_id).aggregate(
        last=Max("pk")
    )
    Backfill.across_accounts.update_or_create(
        subscription=subscription,
        defaults={
            "account_id": subscription.account_id,
            "cursor": 0,
            "last_profile_id": last["last"] or 0,
            "done": 0,
            "total": 0,
            "started_at": timezone.now(),
            "ended_at": None,
        },
    )
    transaction.on_commit(lambda: hints.hint_backfill(subscription.id))


def stop(subscription: Subscription) -> None:
    """Forget the walk; inside `lock.exclusive` of the account."""
    Backfill.objects.for_account(subscription.account_id).filter(
        subscription=subscription
    ).delete()


def unfinished() -> list[int]:
    """The subscriptions, of all accounts, whose walk has not ended."""
    return list(
        Backfill.across_accounts.filter(
            ended_at=None, subscription__job__state__in=COLLECTING
        ).values_list("subscription_id", flat=True)
    )


def work(subscription_id: int) -> bool:
    """Walk for a while; true where the time was up and there is more."""
    account_id = (
        Backfill.across_accounts.filter(subscription_id=subscription_id, ended_at=None)
        .values_list("account_id", flat=True)
        .first()
    )
    if account_id is None:
        return False
    ends_at = time.monotonic() + SLICE_S
    while walk(account_id, subscription_id) is Walk.MORE:
        hints.hint([subscription_id])
        if time.monotonic() >= ends_at:
            return True
    return False


def walk(account_id: int, subscription_id: int) -> Walk:
    """Tell of the next chunk of members."""
    with transaction.atomic(), raw_cursor() as cursor:
        version = lock.shared(cursor, account_id)
        listener = find(account_id, version, subscription_id)
        progress = _progress(cursor, subscription_id)
        if listener is None or progress is None:
            return Walk.BUSY
        if must_wait(cursor, listener):
            return Walk.WAITING
        if _advance(cursor, account_id, version, listener, progress):
            return Walk.MORE
    return _end(account_id, subscription_id, progress)


def _advance(
    cursor: Cursor[Any],
    account_id: int,
    version: int,
    listener: Listener,
    progress: _Progress,
) -> bool:
    segment_ids = list(listener.segments)
    reach = (progress.cursor, progress.last_profile_id)
    ids = members.following(cursor, segment_ids, *reach, CHUNK_PROFILES)
    if not ids:
        return False
    members.hold(cursor, ids)
    now = datetime.now(UTC)
    drafts = _drafts(cursor, account_id, version, listener, ids, now)
    insert(cursor, account_id, drafts, now)
    total = progress.total or _count(cursor, segment_ids, progress.last_profile_id)
    cursor.execute(_ADVANCE, (ids[-1], len(ids), total, listener.id))
    return True


def _drafts(
    cursor: Cursor[Any],
    account_id: int,
    version: int,
    listener: Listener,
    ids: Sequence[int],
    now: datetime,
) -> list[Draft]:
    """An enter for each of these members that the destination does not know of."""
    last = ledger.last_told(cursor, [listener.id], ids)
    cursor.execute(_MEMBERSHIPS, (list(ids), list(listener.segments)))
    events: dict[int, list[dict[str, str]]] = {}
    told_of: dict[int, list[int]] = {}
    for profile_id, segment_id, entered_at in cursor.fetchall():
        segment = listener.segments[segment_id]
        entry = last.get((listener.id, profile_id, segment.public_id))
        if entry is None or entry.event != "enter":
            entered = Transition(segment_id, "enter", entered_at, None)
            events.setdefault(profile_id, []).append(
                segment_event(listener, entered, now)
            )
            told_of.setdefault(profile_id, []).append(segment_id)
    found = members.users(cursor, account_id, version, events)
    return [
        Draft(
            listener,
            profile_id,
            user.fields,
            events[profile_id],
            BACKFILL,
            told_of[profile_id],
            user.members,
        )
        for profile_id, user in found.items()
    ]


def must_wait(cursor: Cursor[Any], listener: Listener) -> bool:
    """Whether a walk waits: for a segment to be computed, or messages to be sent."""
    if members.is_computing(cursor, list(listener.segments)):
        return True
    cursor.execute(_WAITING, (listener.id, MOST_WAITING))
    return bool(_value(cursor) >= MOST_WAITING)


def _end(account_id: int, subscription_id: int, progress: _Progress) -> Walk:
    """End the walk, unless it has begun anew, and let caches know that it is over."""
    with lock.exclusive(account_id):
        ended = (
            Backfill.objects.for_account(account_id)
            .filter(
                subscription_id=subscription_id,
                ended_at=None,
                started_at=progress.started_at,
            )
            .update(ended_at=timezone.now())
        )
    return Walk.ENDED if ended else Walk.MORE


def _progress(cursor: Cursor[Any], subscription_id: int) -> _Progress | None:
    cursor.execute(_LOCK_WALK, (subscription_id,))
    row = cursor.fetchone()
    return _Progress(*row) if row else None


def _count(cursor: Cursor[Any], segment_ids: list[int], last_profile_id: int) -> int:
    cursor.execute(_COUNT, (segment_ids, last_profile_id))
    return int(_value(cursor))


def _value(cursor: Cursor[Any]) -> Any:
    row = cursor.fetchone()
    assert row is not None
    return row[0]
