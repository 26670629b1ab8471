"""Telling a new subscription of the users who are in its segments already.

The walk goes over the members in the order of their profiles, a chunk a
transaction, and goes on at its cursor after a kill. A chunk locks its profiles
first and reads their memberships after that, so it and the batches that move these
users agree on who is told by whom; see `subscriptions.told` for the other half.

The walk waits while a segment is still being computed, and while plenty of its
messages are waiting to be sent: live messages are never far behind. It writes no more
messages a second than its rate limit says, and none while it is paused.

A sample is picked by a hash of the profiles' ids: a walk that begins anew comes to the
same users.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from psycopg import Cursor

from segments.definitions import lock
from segments.pipeline.triggers import Transition
from segments.profiles.models import Profile
from subscriptions import backlog, hints, ledger, members, rate
from subscriptions.common_settings import BACKFILL_RATE_LIMIT, BACKFILL_SAMPLE
from subscriptions.listeners import COLLECTING, Listener, find
from subscriptions.message import segment_event
from subscriptions.models import Backfill, BackfillState, Subscription
from subscriptions.outbox import BACKFILL, Draft, insert
from subscriptions.sql import raw_cursor

CHUNK_PROFILES = 500
SLICE_S = 1.0  # profiles that are due wait in the same queue

_LOCK_WALK = """
SELECT b.cursor, b.last_profile_id, b.total, b.started_at, b.is_sample, b.next_at,
       (s.config ->> %b)::int AS per_second
FROM subscriptions_backfill b
JOIN subscriptions_subscription s ON s.id = b.subscription_id
WHERE b.subscription_id = %b AND b.ended_at IS NULL AND b.paused_at IS NULL
  AND b.next_at <= %b
FOR UPDATE OF b SKIP LOCKED
"""
_MEMBERSHIPS = """
SELECT m.profile_id, m.segment_id, m.entered_at
FROM membership_membership m
WHERE m.profile_id = ANY(%b::bigint[]) AND m.segment_id = ANY(%b::int[])
  AND m.left_at IS NULL
ORDER BY m.profile_id, m.segment_id
"""
_ADVANCE = """
UPDATE subscriptions_backfill
SET cursor = %b, done = done + %b, total = %b, next_at = %b
WHERE subscription_id = %b
"""


class WaitsFor(StrEnum):
    """What a walk waits for."""

    SEGMENTS = "segments"
    """For who is in them to be worked out."""
    DELIVERIES = "deliveries"
    """For messages before its own to be sent."""


class Walk(Enum):
    """What became of a chunk."""

    MORE = "more"
    WAITING = "waiting"
    """For a segment to be computed, or for messages to be sent."""
    BUSY = "busy"
    """Another worker has it, it is not its time, or there is no such walk."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class _Progress:
    cursor: int
    last_profile_id: int
    total: int
    started_at: datetime
    is_sample: bool
    next_at: datetime
    per_second: int | None

    @property
    def chunk(self) -> int:
        """How many profiles are walked over at once."""
        return min(CHUNK_PROFILES, self.per_second or CHUNK_PROFILES)


def start(subscription: Subscription) -> None:
    """Begin a walk, from the start; inside `lock.exclusive` of the account.

    One that is paused stays so.
    """
    now = timezone.now()
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
            "is_sample": bool(subscription.config.get(BACKFILL_SAMPLE.name)),
            "started_at": now,
            "next_at": now,
            "measured_at": now,
            "measured_done": 0,
            "ended_at": None,
            "is_cancelled": False,
        },
    )
    transaction.on_commit(lambda: hints.hint_backfill(subscription.id))


def stop(subscription: Subscription) -> None:
    """Forget the walk; inside `lock.exclusive` of the account."""
    Backfill.objects.for_account(subscription.account_id).filter(
        subscription=subscription
    ).delete()


def of(subscription: Subscription) -> Backfill | None:
    """The newest walk of the subscription; None where there is none."""
    found: Backfill | None = (
        Backfill.objects.for_account(subscription.account_id)
        .filter(subscription=subscription)
        .first()
    )
    return found


def is_open(subscription: Subscription) -> bool:
    """Whether its members are being told of, or will be once that is resumed."""
    walk = of(subscription)
    return walk is not None and walk.is_open


def measure_anew(subscription: Subscription) -> None:
    """Forget how fast the walk was: something else holds it up now, or nothing."""
    Backfill.objects.for_account(subscription.account_id).filter(
        subscription=subscription, ended_at=None
    ).update(measured_at=timezone.now(), measured_done=F("done"))


def standstill(subscription: Subscription) -> WaitsFor | None:
    """What its walk waits for, if there is one that could go on but for that."""
    walk = of(subscription)
    if walk is None or walk.state != BackfillState.GOING:
        return None
    ids = [segment.pk for segment in subscription.segments.all()]
    with raw_cursor() as cursor:
        return waits_for(cursor, subscription.pk, ids)


def unfinished() -> list[int]:
    """The subscriptions, of all accounts, whose walk may go on now."""
    return list(
        Backfill.across_accounts.filter(
            ended_at=None,
            paused_at=None,
            next_at__lte=timezone.now(),
            subscription__job__state__in=COLLECTING,
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
        if waits_for(cursor, listener.id, listener.segments):
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
    last, is_sample = progress.last_profile_id, progress.is_sample
    reach = (progress.cursor, last, progress.chunk)
    ids = members.following(cursor, segment_ids, *reach, is_sample=is_sample)
    if not ids:
        return False
    total = progress.total or members.count(
        cursor, segment_ids, last, is_sample=is_sample
    )
    members.hold(cursor, ids)
    now = datetime.now(UTC)
    drafts = _drafts(cursor, account_id, version, listener, ids, now)
    insert(cursor, account_id, drafts, now)
    next_at = progress.next_at
    if progress.per_second is not None:
        next_at = rate.next_at(next_at, len(drafts), progress.per_second)
    cursor.execute(_ADVANCE, (ids[-1], len(ids), total, next_at, listener.id))
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


def waits_for(
    cursor: Cursor[Any], subscription_id: int, segment_ids: Iterable[int]
) -> WaitsFor | None:
    """What a walk over these segments waits for now; None where it does not."""
    if members.is_computing(cursor, list(segment_ids)):
        return WaitsFor.SEGMENTS
    if backlog.is_full(cursor, [subscription_id]):
        return WaitsFor.DELIVERIES
    return None


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
            .update(ended_at=timezone.now(), paused_at=None)
        )
    return Walk.ENDED if ended else Walk.MORE


def _progress(cursor: Cursor[Any], subscription_id: int) -> _Progress | None:
    values = (BACKFILL_RATE_LIMIT.name, subscription_id, timezone.now())
    cursor.execute(_LOCK_WALK, values)
    row = cursor.fetchone()
    return _Progress(*row) if row else None
