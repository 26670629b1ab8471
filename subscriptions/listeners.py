"""The subscriptions of an account as the outbox needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lyticsapp.jobs.models import JobState
from segments.definitions.models import Segment
from subscriptions.channel import get
from subscriptions.common_settings import (
    AUDIENCE_EVENTS,
    ENTERS_ONLY,
    EXITS_ONLY,
    FIELD_CHANGES,
    INCLUDE_SEGS,
    USER_FIELDS,
    fields_named_by,
)
from subscriptions.models import Backfill, Subscription

CACHED = 128
COLLECTING = (
    JobState.INITIALIZING,
    JobState.RUNNING,
    JobState.SLEEPING,
    JobState.PAUSED,
    JobState.FAILED,
)
ALWAYS_SENT = ("_created", "_modified")


BOTH = frozenset({"enter", "exit"})
TELLS = {ENTERS_ONLY: frozenset({"enter"}), EXITS_ONLY: frozenset({"exit"})}


@dataclass(frozen=True, slots=True)
class SegmentName:
    """A segment as a message names it."""

    public_id: str
    slug: str


@dataclass(frozen=True, slots=True)
class Listener:
    """A subscription that collects messages."""

    id: int
    public_id: str
    segments: Mapping[int, SegmentName]
    backfilling: bool
    user_fields: frozenset[str] = frozenset()
    """The user fields it is sent; all where none are chosen."""
    tells: frozenset[str] = BOTH
    """Whether it is told of those who enter, of those who leave, or of both."""
    field_changes: frozenset[str] = frozenset()
    """The user fields of whose changes it is told."""
    slugs: Mapping[int, str] | None = None
    """Of all segments of the account; None where messages do not list them."""

    def chosen(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fields that are sent."""
        if not self.user_fields:
            return fields
        return {
            name: value
            for name, value in fields.items()
            if name in self.user_fields or name in ALWAYS_SENT
        }


@lru_cache(maxsize=CACHED)
def listeners(account_id: int, definition_version: int) -> tuple[Listener, ...]:
    """Those of an account; every change of them raises the definition version."""
    subscriptions = (
        Subscription.objects.for_account(account_id)
        .filter(job__state__in=COLLECTING)
        .defer("secrets")
        .prefetch_related("segments")
        .order_by("id")
    )
    slugs = {}
    if any(each.config.get(INCLUDE_SEGS.name) for each in subscriptions):
        known = Segment.objects.for_account(account_id)
        slugs = dict(known.values_list("pk", "slug"))
    backfilling = set(
        Backfill.objects.for_account(account_id)
        .filter(ended_at=None)
        .values_list("subscription_id", flat=True)
    )
    return tuple(
        Listener(
            id=subscription.id,
            public_id=subscription.public_id,
            segments={
                segment.id: SegmentName(segment.public_id, segment.slug)
                for segment in subscription.segments.all()
            },
            backfilling=subscription.id in backfilling,
            user_fields=_user_fields(subscription),
            tells=TELLS.get(subscription.config.get(AUDIENCE_EVENTS.name), BOTH),
            field_changes=frozenset(subscription.config.get(FIELD_CHANGES.name, ())),
            slugs=slugs if subscription.config.get(INCLUDE_SEGS.name) else None,
        )
        for subscription in subscriptions
    )


def find(
    account_id: int, definition_version: int, subscription_id: int
) -> Listener | None:
    """The listener of a subscription; None where it collects no messages."""
    found = listeners(account_id, definition_version)
    return next((each for each in found if each.id == subscription_id), None)


def _user_fields(subscription: Subscription) -> frozenset[str]:
    """The chosen fields, and those that the settings of its channel name."""
    config = subscription.config
    chosen = frozenset(config.get(USER_FIELDS.name, ()))
    return (
        chosen | fields_named_by(get(subscription.channel), config)
        if chosen
        else chosen
    )
