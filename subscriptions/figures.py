"""How subscriptions fare, in figures for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Func, IntegerField, Min, OuterRef, QuerySet
from django.utils import timezone

from subscriptions import hours
from subscriptions.hours import Hour, LastError
from subscriptions.models import Delivery, DeliveryState, Subscription

COUNTED_AT_MOST = 10_000
LISTED_AT_MOST = 10
DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subscription fares."""

    subscription: Subscription
    pending: int
    last_day: Hour
    """What came of the tries of the newest 24 hours."""
    last_error: LastError | None
    waiting_since: datetime | None
    held_until: datetime | None

    @property
    def is_capped(self) -> bool:
        """Whether so many wait at least, and there may be more."""
        return self.pending == COUNTED_AT_MOST


def standing_of(subscription: Subscription) -> Standing:
    """What waits, counted no further than people read, and what was done in a day.

    Since when the oldest waits is told of those that are counted: the next to be sent.
    """
    found = waiting(subscription).aggregate(
        pending=Count("pk"), waiting_since=Min("created_at")
    )
    return Standing(
        subscription=subscription,
        last_day=hours.together(hours.newest(subscription, DAY_HOURS)),
        last_error=hours.last_error(subscription),
        held_until=subscription.held_until if is_held(subscription) else None,
        **found,
    )


def pending(subscription: Subscription) -> int:
    """Messages that still wait."""
    return waiting(subscription).count()


def waiting(subscription: Subscription) -> QuerySet[Delivery]:
    """The next of its messages to be sent, at most as many as are counted."""
    rows: QuerySet[Delivery] = Delivery.objects.for_account(subscription.account_id)
    rows = rows.filter(subscription=subscription, state=DeliveryState.PENDING)
    return rows.order_by("next_attempt_at", "pk")[:COUNTED_AT_MOST]


def with_pending(subscriptions: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """Each with its messages that still wait, in `waiting`, by one statement for all."""
    rows = Delivery.across_accounts.filter(
        subscription=OuterRef("pk"), state=DeliveryState.PENDING
    )
    counted = ArraySubquery(rows.values("pk")[:COUNTED_AT_MOST])
    number = Func(counted, function="cardinality", output_field=IntegerField())
    return subscriptions.annotate(waiting=number)


def is_held(subscription: Subscription) -> bool:
    """Whether its destination failed so often that it is left alone for a while."""
    held = subscription.held_until
    return held is not None and held > timezone.now()
