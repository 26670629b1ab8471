"""Subscriptions, and messages put into the outbox as the pipeline does it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from segments.definitions import lock
from segments.definitions.models import Segment
from segments.pipeline.triggers import ProfileUpdate, Transition
from subscriptions import deliver, lifecycle
from subscriptions.models import Delivery, Subscription
from subscriptions.outbox import Outbox
from subscriptions.request import Wanted
from subscriptions.sql import raw_cursor

_profile_ids = itertools.count(1)


def make_segment(account: Account, slug: str = "vip") -> Segment:
    with lock.exclusive(account.pk):
        return Segment.objects.create(
            account=account, slug=slug, name=slug, filterql=f'FILTER {slug} = "t"'
        )


def subscribe(
    account: Account,
    segments: Sequence[Segment],
    channel: str,
    settings: Mapping[str, Any],
    authorization: Authorization | None = None,
    *,
    withbackfill: bool = False,
) -> Subscription:
    wanted = Wanted(
        channel=channel,
        name="test",
        segment_refs=[segment.public_id for segment in segments],
        withbackfill=withbackfill,
        authorization=authorization,
        settings=settings,
    )
    return lifecycle.create(account, wanted, SYSTEM)


def make_subscription(
    account: Account,
    segments: Sequence[Segment],
    url: str = "http://127.0.0.1:9/",
    *,
    withbackfill: bool = False,
    **settings: Any,
) -> Subscription:
    given = {"webhook_url": url, **settings}
    return subscribe(account, segments, "webhook", given, withbackfill=withbackfill)


def moved(
    segment: Segment,
    event: str,
    profile_id: int | None = None,
    *,
    user_id: str = "",
    exit_at: datetime | None = None,
) -> ProfileUpdate:
    """An update that moves a profile into or out of a segment."""
    now = datetime.now(UTC)
    profile_id = profile_id or next(_profile_ids)
    inside, outside = frozenset({segment.id}), frozenset[int]()
    transition = Transition(
        segment_id=segment.id,
        event=event,  # type: ignore[arg-type]
        entered_at=now,
        exit_at=exit_at or (now if event == "exit" else None),
    )
    return ProfileUpdate(
        profile_id=profile_id,
        render=lambda: {"user_id": user_id or str(profile_id)},
        transitions=[transition],
        cause="event",
        member_before=outside if event == "enter" else inside,
        member_after=inside if event == "enter" else outside,
    )


def write(account: Account, updates: Iterable[ProfileUpdate]) -> frozenset[int]:
    """Write the messages of updates, as a batch does; returns who has some now."""
    with transaction.atomic(), raw_cursor() as cursor:
        version = lock.shared(cursor, account.pk)
        outbox = Outbox(account.pk, version)
        return outbox.write(cursor, list(updates), datetime.now(UTC))


def send_all(subscription: Subscription) -> None:
    """Deliver until nothing is due, however slow the machine."""
    while deliver.deliver(subscription.id):
        pass


def deliveries(subscription: Subscription) -> list[Delivery]:
    return list(
        Delivery.objects.for_account(subscription.account_id)
        .filter(subscription=subscription)
        .order_by("id")
    )


def states(subscription: Subscription) -> list[str]:
    return [delivery.state for delivery in deliveries(subscription)]
