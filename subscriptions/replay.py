"""Sending messages again.

A replay goes over the messages that were selected in the order of their sequence
numbers, a chunk a transaction, and writes each once more: with the id and the
content that it had, the cause `replay` and a sequence number of its own, as it is
sent after all that was written before. It goes on at its cursor after a kill, and
writes no more messages a second than it was told to.

Of a message that was replayed before, the newest delivery counts. One that is on its
way is not sent again. It waits while plenty of messages of a subscription that it
writes to are waiting to be sent.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from psycopg import Cursor

from lyticsapp.accounts import audit
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account
from segments.definitions import lock
from subscriptions import backlog, hints, members, rate, selection
from subscriptions.errors import (
    NothingToReplayError,
    ReplayRateError,
    UnknownReplayError,
)
from subscriptions.listeners import listeners
from subscriptions.models import Delivery, DeliveryState, Replay, Subscription
from subscriptions.outbox import array, next_ids
from subscriptions.selection import Selection
from subscriptions.sql import raw_cursor

CAUSE = "replay"
PER_SECOND = 100
MOST_PER_SECOND = 1_000
CHUNK = 200
SLICE_S = 1.0

_INSERT = """
INSERT INTO subscriptions_delivery
       (id, account_id, subscription_id, profile_id, message_id, cause, replay,
        first_id, segment_ids, payload, state, attempts, next_attempt_at, created_at)
SELECT id, %b, subscription_id, profile_id, message_id::uuid, 'replay', %b, first_id,
       segment_ids::int[], payload::json, 'pending', 0, %b, %b
FROM unnest(%b::bigint[], %b::int[], %b::bigint[], %b::text[], %b::bigint[],
            %b::text[], %b::text[])
  AS d (id, subscription_id, profile_id, message_id, first_id, segment_ids, payload)
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many messages are meant; where it is capped, there are that many or more."""

    messages: int
    is_capped: bool


def preview(account: Account, wanted: Selection) -> Count:
    """How many messages a replay would send, counted up to COUNTED_AT_MOST."""
    most = selection.COUNTED_AT_MOST
    found = _replayable(account.pk, _newest(account.pk, wanted), _last_id(account.pk))
    counted = found.order_by()[: most + 1].count()
    return Count(min(counted, most), counted > most)


def start(
    account: Account, wanted: Selection, actor: Actor, *, per_second: int = PER_SECOND
) -> Replay:
    """Begin to send the selected messages again, so many a second.

    Raises NothingToReplayError and ReplayRateError.
    """
    if not 1 <= per_second <= MOST_PER_SECOND:
        raise ReplayRateError(MOST_PER_SECOND)
    wanted, last_id = _newest(account.pk, wanted), _last_id(account.pk)
    if not _replayable(account.pk, wanted, last_id).exists():
        raise NothingToReplayError
    with transaction.atomic():
        begun: Replay = Replay.objects.create(
            account=account,
            selection=selection.written(wanted),
            per_second=per_second,
            last_id=last_id,
            created_by=actor.author,
        )
        _record("replay", begun, actor)
    transaction.on_commit(lambda: hints.hint_replay(begun.pk))
    return begun


def of(subscription: Subscription) -> QuerySet[Replay]:
    """Those of messages of this subscription alone."""
    rows = Replay.objects.for_account(subscription.account_id)
    return rows.filter(selection__subscription_id=subscription.pk)


def find(subscription: Subscription, number: int) -> Replay:
    """The one of this number among them; raises UnknownReplayError."""
    found = of(subscription).filter(pk=number).first()
    if found is None:
        raise UnknownReplayError
    return found


def cancel(begun: Replay, actor: Actor) -> None:
    """Write no more of it; what it has written is sent all the same."""
    with transaction.atomic():
        open_ones = Replay.objects.for_account(begun.account_id).filter(ended_at=None)
        if open_ones.filter(pk=begun.pk).update(
            ended_at=timezone.now(), is_cancelled=True
        ):
            _record("cancel", begun, actor)


def unfinished() -> list[int]:
    """The replays, of all accounts, that may go on now."""
    return list(
        Replay.across_accounts.filter(
            ended_at=None, next_at__lte=timezone.now()
        ).values_list("pk", flat=True)
    )


def work(number: int) -> bool:
    """Go on for a while; true where the time was up and there may be more."""
    begun = Replay.across_accounts.filter(pk=number, ended_at=None).first()
    if begun is None:
        return False
    if begun.total is None:
        _count(begun)
    ends_at = time.monotonic() + SLICE_S
    while step(begun.account_id, number):
        if time.monotonic() >= ends_at:
            return True
    return False


def step(account_id: int, number: int) -> bool:
    """Write the next chunk; false where there is none now."""
    with transaction.atomic(), raw_cursor() as cursor:
        version = lock.shared(cursor, account_id)
        found = _take(account_id, number)
        if found is None:
            return False
        listening = [each.id for each in listeners(account_id, version)]
        chosen = _next_chunk(found, listening)
        if not chosen:
            found.ended_at = timezone.now()
            found.save(update_fields=["ended_at"])
            return False
        told = {each.subscription_id for each in chosen}
        if backlog.is_full(cursor, told):
            return False
        if not _write(cursor, found, chosen):
            return True
        _advance(found, chosen)
        transaction.on_commit(lambda: hints.hint(told))
    return True


def _take(account_id: int, number: int) -> Replay | None:
    """The replay, for this transaction alone; None where nothing is due of it."""
    rows = Replay.objects.for_account(account_id).select_for_update(skip_locked=True)
    now = timezone.now()
    return rows.filter(pk=number, ended_at=None, next_at__lte=now).first()


def _next_chunk(found: Replay, listening: Sequence[int]) -> list[Delivery]:
    wanted = selection.read(found.selection)
    rows = _replayable(found.account_id, wanted, found.last_id)
    rows = rows.filter(pk__gt=found.cursor, subscription__in=listening)
    return list(
        rows.order_by("pk").only("subscription_id", "profile_id")[
            : min(CHUNK, found.per_second)
        ]
    )


def _write(cursor: Cursor[Any], found: Replay, chosen: Sequence[Delivery]) -> bool:
    """Write these once more; false where a profile was merged at this moment.

    Profiles are locked before messages are numbered, so that of each profile the
    numbers rise in the order in which they are committed.
    """
    locked = {each.profile_id for each in chosen}
    members.hold(cursor, locked)
    rows = Delivery.objects.for_account(found.account_id)
    again = list(rows.filter(pk__in=[each.pk for each in chosen]).order_by("pk"))
    if not locked.issuperset(each.profile_id for each in again):
        return False
    now = timezone.now()
    numbers = next_ids(cursor, len(again))
    columns = defaultdict[str, list[Any]](list)
    for each, number in zip(again, numbers, strict=True):
        columns["subscription"].append(each.subscription_id)
        columns["profile"].append(each.profile_id)
        columns["message"].append(str(each.message_id))
        columns["first"].append(each.first_id or each.pk)
        columns["segments"].append(array(each.segment_ids))
        columns["payload"].append(_as_replayed(each.payload, number))
    written = (found.account_id, found.pk, now, now)
    cursor.execute(_INSERT, (*written, numbers, *columns.values()))
    return True


def _as_replayed(payload: dict[str, Any], sequence: int) -> str:
    meta = {**payload["meta"], "sequence": sequence, "cause": CAUSE}
    return orjson.dumps({**payload, "meta": meta}).decode()


def _advance(found: Replay, chosen: Sequence[Delivery]) -> None:
    """Note how far it came, and when the next chunk's time is."""
    found.next_at = rate.next_at(found.next_at, len(chosen), found.per_second)
    found.cursor = chosen[-1].pk
    found.done += len(chosen)
    found.save(update_fields=["next_at", "cursor", "done"])


def _replayable(account_id: int, wanted: Selection, last_id: int) -> QuerySet[Delivery]:
    """Of each message the newest delivery, where that has ended."""
    newer = Delivery.objects.for_account(account_id).filter(
        message_id=OuterRef("message_id"), pk__gt=OuterRef("pk"), replay__gt=0
    )
    return selection.deliveries(account_id, wanted).filter(
        ~Exists(newer), ~Q(state=DeliveryState.PENDING), pk__lte=last_id
    )


def _newest(account_id: int, wanted: Selection) -> Selection:
    """The selection, with the newest deliveries of messages that were picked."""
    if not wanted.ids:
        return wanted
    rows = Delivery.objects.for_account(account_id)
    messages = rows.filter(pk__in=wanted.ids).values("message_id")
    replayed = rows.filter(replay__gt=0, message_id__in=messages)
    ids = {*wanted.ids, *replayed.values_list("pk", flat=True)}
    return replace(wanted, ids=tuple(sorted(ids)))


def _last_id(account_id: int) -> int:
    rows = Delivery.objects.for_account(account_id)
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def _count(begun: Replay) -> None:
    wanted = selection.read(begun.selection)
    begun.total = _replayable(begun.account_id, wanted, begun.last_id).count()
    begun.save(update_fields=["total"])


def _record(action: str, begun: Replay, actor: Actor) -> None:
    audit.record(
        account=begun.account,
        action=action,
        obj=begun,
        changes={"selection": begun.selection, "per_second": begun.per_second},
        user=actor.user,
        token=actor.token,
    )
