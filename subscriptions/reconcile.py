"""Bringing a destination to what is true: telling it only what it does not know.

A reconciliation walks over the users that are in the segments of a subscription, or
that its destination was told of, and compares what it was told last with who is a
member now. The first walk only counts; nothing is locked. Once somebody has confirmed,
a second one locks a chunk of profiles, compares them again as they are by then, and
writes the corrections in the same transaction, as the backfill does: what batches have
moved is seen, and what they are about to move waits.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from psycopg import Cursor

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from segments.definitions import lock
from segments.pipeline.triggers import Transition
from segments.profiles.models import Profile
from subscriptions import backfill, hints, ledger, members
from subscriptions.errors import ReconciliationError
from subscriptions.listeners import COLLECTING, Listener, find
from subscriptions.message import segment_event
from subscriptions.models import Reconciliation, Subscription
from subscriptions.outbox import Draft, insert
from subscriptions.sql import raw_cursor

CAUSE = "reconcile"
CHUNK = 500
SLICE_S = 1.0

_MEMBERSHIPS = """
SELECT profile_id, segment_id, entered_at, left_at FROM membership_membership
WHERE profile_id = ANY(%b::bigint[]) AND segment_id = ANY(%b::int[])
"""

Corrections = Mapping[int, Sequence[Transition]]
"""By profile."""


def start(subscription: Subscription, actor: Actor) -> Reconciliation:
    """Begin to count the corrections, from the start.

    Raises ReconciliationError while the subscription is being backfilled, or while
    the corrections of an earlier one are being written.
    """
    with lock.exclusive(subscription.account_id):
        if backfill.is_open(subscription):
            raise ReconciliationError(
                "The members are still being told of: wait until that is done, or "
                "cancel it."
            )
        if is_sending(of(subscription)):
            raise ReconciliationError(
                "Corrections are being written: wait until that is done."
            )
        last = Profile.objects.for_account(subscription.account_id).aggregate(
            last=Max("pk")
        )
        Reconciliation.objects.for_account(subscription.account_id).filter(
            subscription=subscription
        ).delete()
        begun: Reconciliation = Reconciliation.objects.create(
            account=subscription.account,
            subscription=subscription,
            last_profile_id=last["last"] or 0,
        )
        _record("compare", begun, actor)
    transaction.on_commit(lambda: hints.hint_reconcile(subscription.pk))
    return begun


def confirm(subscription: Subscription, actor: Actor) -> None:
    """Write the corrections that were counted; raises ReconciliationError."""
    with lock.exclusive(subscription.account_id):
        begun = of(subscription)
        if begun is None or begun.counted_at is None or begun.confirmed_at is not None:
            raise ReconciliationError("Compare first, and wait for the counts.")
        begun.confirmed_at = timezone.now()
        begun.cursor = 0
        begun.save(update_fields=["confirmed_at", "cursor"])
        _record("reconcile", begun, actor)
    transaction.on_commit(lambda: hints.hint_reconcile(subscription.pk))


def cancel(subscription: Subscription, actor: Actor) -> None:
    """Count or write no more; what was written is sent all the same."""
    with lock.exclusive(subscription.account_id):
        begun = of(subscription)
        if begun is not None and begun.ended_at is None:
            _record("cancel", begun, actor)
            begun.delete()


def of(subscription: Subscription) -> Reconciliation | None:
    """The newest of the subscription; None where there is none."""
    found: Reconciliation | None = (
        Reconciliation.objects.for_account(subscription.account_id)
        .filter(subscription=subscription)
        .select_related("subscription")
        .first()
    )
    return found


def is_sending(begun: Reconciliation | None) -> bool:
    """Whether its corrections are being written."""
    return (
        begun is not None and begun.confirmed_at is not None and begun.ended_at is None
    )


def unfinished() -> list[int]:
    """The subscriptions, of all accounts, that are being compared or corrected."""
    rows = Reconciliation.across_accounts.filter(
        ended_at=None, subscription__job__state__in=COLLECTING
    ).exclude(counted_at__isnull=False, confirmed_at=None)
    return list(rows.values_list("subscription_id", flat=True))


def work(subscription_id: int) -> bool:
    """Go on for a while; true where the time was up and there may be more."""
    rows = Reconciliation.across_accounts.filter(subscription=subscription_id)
    account_id = rows.values_list("account_id", flat=True).first()
    if account_id is None:
        return False
    ends_at = time.monotonic() + SLICE_S
    while step(account_id, subscription_id):
        if time.monotonic() >= ends_at:
            return True
    return False


def step(account_id: int, subscription_id: int) -> bool:
    """Count or correct the next chunk of users; false where there is none now."""
    with transaction.atomic(), raw_cursor() as cursor:
        version = lock.shared(cursor, account_id)
        listener = find(account_id, version, subscription_id)
        begun = _take(account_id, subscription_id)
        if listener is None or begun is None or _must_wait(cursor, listener, begun):
            return False
        ids = _following(cursor, listener, begun)
        if not ids:
            _end_walk(begun)
            return False
        if is_sending(begun):
            _correct(cursor, version, listener, begun, ids)
        else:
            _count(cursor, listener, begun, ids)
        begun.cursor = ids[-1]
        begun.save()
    return True


def _take(account_id: int, subscription_id: int) -> Reconciliation | None:
    rows = Reconciliation.objects.for_account(account_id)
    begun = (
        rows.select_for_update(skip_locked=True)
        .filter(subscription=subscription_id, ended_at=None)
        .first()
    )
    waits = begun is not None and begun.counted_at and begun.confirmed_at is None
    return None if waits else begun


def _must_wait(cursor: Cursor[Any], listener: Listener, begun: Reconciliation) -> bool:
    """Counting waits for segments to be computed, writing also for its turn."""
    if is_sending(begun):
        waits = backfill.waits_for(cursor, listener.id, listener.segments)
        return waits is not None
    return members.is_computing(cursor, list(listener.segments))


def _following(
    cursor: Cursor[Any], listener: Listener, begun: Reconciliation
) -> list[int]:
    """The next users, in order, that are members or that it was told of."""
    told = ledger.profiles_after(cursor, listener.id, begun.cursor, CHUNK)
    reach = (begun.cursor, begun.last_profile_id)
    inside = members.following(cursor, list(listener.segments), *reach, CHUNK)
    both = {each for each in (*told, *inside) if each <= begun.last_profile_id}
    return sorted(both)[:CHUNK]


def _count(
    cursor: Cursor[Any], listener: Listener, begun: Reconciliation, ids: Sequence[int]
) -> None:
    wanted = _corrections(cursor, listener, ids, datetime.now(UTC))
    number = Counter(move.event for moves in wanted.values() for move in moves)
    begun.enters += number["enter"]
    begun.exits += number["exit"]


def _correct(
    cursor: Cursor[Any],
    version: int,
    listener: Listener,
    begun: Reconciliation,
    ids: Sequence[int],
) -> None:
    members.hold(cursor, ids)
    now = datetime.now(UTC)
    wanted = _corrections(cursor, listener, ids, now)
    found = members.users(cursor, begun.account_id, version, wanted)
    drafts = [
        Draft(
            listener,
            profile_id,
            user.fields,
            [segment_event(listener, move, now) for move in wanted[profile_id]],
            CAUSE,
            [move.segment_id for move in wanted[profile_id]],
            user.members,
        )
        for profile_id, user in found.items()
    ]
    insert(cursor, begun.account_id, drafts, now)
    begun.sent += len(drafts)
    transaction.on_commit(lambda: hints.hint([listener.id]))


def _corrections(
    cursor: Cursor[Any], listener: Listener, ids: Sequence[int], now: datetime
) -> Corrections:
    """What the destination does not know of these users, and is to be told."""
    last = ledger.last_told(cursor, [listener.id], ids)
    cursor.execute(_MEMBERSHIPS, (list(ids), list(listener.segments)))
    spells = {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}
    wanted: dict[int, list[Transition]] = {}
    for profile_id in ids:
        for segment_id, segment in listener.segments.items():
            entered_at, left_at = spells.get((profile_id, segment_id), (now, now))
            entry = last.get((listener.id, profile_id, segment.public_id))
            knows = entry is not None and entry.event == "enter"
            event: Any = "enter" if left_at is None else "exit"
            if knows != (left_at is None) and event in listener.tells:
                move = Transition(segment_id, event, entered_at, left_at)
                wanted.setdefault(profile_id, []).append(move)
    return wanted


def _end_walk(begun: Reconciliation) -> None:
    if is_sending(begun):
        begun.ended_at = timezone.now()
    else:
        begun.counted_at = timezone.now()
    begun.save(update_fields=["counted_at", "ended_at"])


def _record(action: str, begun: Reconciliation, actor: Actor) -> None:
    audit.record(
        account=begun.account,
        action=action,
        obj=begun.subscription,
        changes={"enters": begun.enters, "exits": begun.exits},
        user=actor.user,
        token=actor.token,
    )
