"""Figures about streams, for people: events by hour, the backlog, what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db.models import Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from lyticsapp.accounts.models import Account
from segments.streams.models import (
    Event,
    PendingEvent,
    RejectedRecord,
    Stream,
    StreamTally,
)

HOURS = 24
COUNTED_AT_MOST = 100_000
RECENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class RecentEvent:
    """An event as it came in."""

    received_at: datetime
    event_at: datetime
    body: Any


@dataclass(frozen=True, slots=True)
class Backlog:
    """Accepted events that are still to be applied."""

    events: int
    lateness: timedelta | None
    """How long the oldest of them has waited; None where there is none."""


def first_hour() -> datetime:
    """The oldest of the last HOURS hours, the present one among them."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    return now - timedelta(hours=HOURS - 1)


def by_hour(
    account: Account, stream: Stream | None = None
) -> Sequence[tuple[datetime, int]]:
    """Events of each of the last HOURS hours, oldest first, empty hours too."""
    start = first_hour()
    tallies = StreamTally.objects.for_account(account).filter(hour__gte=start)
    if stream is not None:
        tallies = tallies.filter(stream=stream)
    found = dict(tallies.values_list("hour").annotate(sum=Sum("events")))
    hours = [start + timedelta(hours=offset) for offset in range(HOURS)]
    return [(hour, found.get(hour, 0)) for hour in hours]


def without_identity(stream: Stream) -> int:
    """Events of the last HOURS hours that made no profile."""
    tallies = StreamTally.objects.for_account(stream.account_id).filter(
        stream=stream, hour__gte=first_hour()
    )
    return int(tallies.aggregate(sum=Coalesce(Sum("without_identity"), 0))["sum"])


def with_last_day(streams: QuerySet[Any]) -> QuerySet[Any]:
    """Streams with their events of the last HOURS hours, as `last_day`."""
    recent = Q(streamtally__hour__gte=first_hour())
    events = Sum("streamtally__events", filter=recent)
    counted: QuerySet[Any] = streams.annotate(last_day=Coalesce(events, 0))
    return counted


def recent_events(stream: Stream, limit: int) -> list[RecentEvent]:
    """The events that came in last, newest first."""
    events = Event.objects.filter(
        account_id=stream.account_id,
        stream_id=stream.pk,
        received_at__gte=timezone.now() - timedelta(days=RECENT_DAYS),
    )
    # The column is json, not jsonb: its text is what came in.
    rows = events.annotate(text=Cast("body", TextField())).values_list(
        "received_at", "event_at", "text"
    )
    return [
        RecentEvent(received_at, event_at, orjson.loads(text))
        for received_at, event_at, text in rows.order_by("-received_at", "-id")[:limit]
    ]


def backlog(account: Account, *, now: datetime) -> Backlog:
    """What the pipeline has still to do for this account."""
    pending = PendingEvent.objects.filter(account_id=account.pk)
    oldest = pending.order_by("event_id").values_list("received_at", flat=True).first()
    waited = max(now - oldest, timedelta()) if oldest is not None else None
    return Backlog(events=pending[:COUNTED_AT_MOST].count(), lateness=waited)


def rejected_last_day(account: Account) -> int:
    """Records rejected in the last HOURS hours."""
    records = RejectedRecord.objects.for_account(account)
    return records.filter(received_at__gte=first_hour()).count()
