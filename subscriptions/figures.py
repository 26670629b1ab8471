"""How subscriptions fare, in figures for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from subscriptions.models import Backfill, Delivery, DeliveryState, Subscription

COUNTED_AT_MOST = 10_000
LISTED_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subscription fares."""

    subscription: Subscription
    pending: int
    dead: int
    """Messages of the last day that were given up."""
    delivered: int
    """Messages of the last day that arrived."""
    waiting_since: datetime | None
    held_until: datetime | None

    @property
    def is_capped(self) -> bool:
        """Whether a figure is what was counted, and there may be more."""
        return COUNTED_AT_MOST in (self.pending, self.dead, self.delivered)


def standing_of(subscription: Subscription) -> Standing:
    """Pending, dead and delivered messages, counted no further than people read."""
    now = timezone.now()
    deliveries = Delivery.objects.for_account(subscription.account_id).filter(
        subscription=subscription
    )
    last_day = deliveries.filter(ended_at__gte=now - timedelta(days=1))
    waiting = deliveries.filter(state=DeliveryState.PENDING)
    return Standing(
        subscription=subscription,
        pending=_count(waiting),
        dead=_count(last_day.filter(state=DeliveryState.DEAD)),
        delivered=_count(last_day.filter(state=DeliveryState.DELIVERED)),
        waiting_since=waiting.order_by("pk")
        .values_list("created_at", flat=True)
        .first(),
        held_until=subscription.held_until if is_held(subscription) else None,
    )


def pending(subscription: Subscription) -> int:
    """Messages that still wait."""
    return _count(
        Delivery.objects.for_account(subscription.account_id).filter(
            subscription=subscription, state=DeliveryState.PENDING
        )
    )


def is_held(subscription: Subscription) -> bool:
    """Whether its destination failed so often that it is left alone for a while."""
    held = subscription.held_until
    return held is not None and held > timezone.now()


def backfill_of(subscription: Subscription) -> Backfill | None:
    """The walk over the users who were members when the subscription began."""
    found: Backfill | None = (
        Backfill.objects.for_account(subscription.account_id)
        .filter(subscription=subscription)
        .first()
    )
    return found


def _count(rows: Any) -> int:
    return int(rows.order_by()[:COUNTED_AT_MOST].count())
