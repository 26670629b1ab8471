"""What a backfill will come to, before it begins: how many messages, how fast.

Members are counted up to a number that takes no time. Where there are more, a look at
some of the account's profiles, drawn at random, tells about how many.

The rate is the lowest limit that is set. Where none is, it is what destinations of the
kind took in the last day: as many as in the busiest hour, or, where they had little to
take, as many as the sends that may be on their way at once take turns in the time that
half of the messages took. They may bear more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lyticsapp.accounts.models import Account
from lyticsapp.declaration.settings import validate
from segments.definitions.models import Segment
from segments.membership.preview import glance_for
from segments.membership.sampling import Estimate, Look
from subscriptions import hours, members
from subscriptions.common_settings import (
    BACKFILL_RATE_LIMIT,
    BACKFILL_SAMPLE,
    RATE_LIMIT,
    USUAL_WORKERS,
    WORKER_COUNT,
)
from subscriptions.hours import HOUR, Hour
from subscriptions.models import Subscription
from subscriptions.sql import raw_cursor

COUNTED_AT_MOST = 100_000
HISTORY_HOURS = 24
SETTINGS = (RATE_LIMIT, WORKER_COUNT, BACKFILL_RATE_LIMIT, BACKFILL_SAMPLE)
"""Those that it depends on."""


class RateBy(StrEnum):
    """What tells how fast it will be."""

    BACKFILL_RATE_LIMIT = "backfill_rate_limit"
    RATE_LIMIT = "rate_limit"
    DELIVERIES = "deliveries"
    """What destinations of the kind took in the last day."""
    NOTHING = "nothing"
    """There is no limit, and no such destination took anything."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many messages a backfill will be, and how fast."""

    messages: Estimate
    """At most: who is told of already is not told of again."""
    is_computing: bool
    """Whether it is still being worked out who is in one of the segments."""
    is_sample: bool
    rate: float | None
    """Messages a second; None where nothing tells."""
    rate_by: RateBy

    @property
    def seconds(self) -> float | None:
        """How long it will take; None where nobody knows."""
        return self.messages.value / self.rate if self.rate else None


def before(
    account: Account,
    channel: str,
    segments: Sequence[Segment],
    settings: Mapping[str, Any],
) -> Forecast:
    """Of a subscription that is still to be made; raises InvalidSettingError."""
    config = validate(SETTINGS, {s.name: settings.get(s.name) for s in SETTINGS}).config
    known = hours.of_channel(account, channel, HISTORY_HOURS)
    return _forecast(account, segments, config, known)


def again(subscription: Subscription, *, is_sample: bool) -> Forecast:
    """Of one that there is, as it is set."""
    account, config = subscription.account, subscription.config
    known = hours.newest(subscription, HISTORY_HOURS)
    if not any(each.delivered for each in known):
        known = hours.of_channel(account, subscription.channel, HISTORY_HOURS)
    wanted = {**config, BACKFILL_SAMPLE.name: is_sample}
    return _forecast(account, list(subscription.segments.all()), wanted, known)


def _forecast(
    account: Account,
    segments: Sequence[Segment],
    config: Mapping[str, Any],
    known: Sequence[Hour],
) -> Forecast:
    is_sample = bool(config.get(BACKFILL_SAMPLE.name))
    ids = [segment.pk for segment in segments]
    rate, rate_by = _rate(config, known)
    with raw_cursor() as cursor:
        is_computing = members.is_computing(cursor, ids)
    return Forecast(
        _messages(account, ids, is_sample=is_sample),
        is_computing,
        is_sample,
        rate,
        rate_by,
    )


def _messages(account: Account, ids: Sequence[int], *, is_sample: bool) -> Estimate:
    with raw_cursor() as cursor:
        counted = members.count_up_to(cursor, ids, COUNTED_AT_MOST)
        if counted < COUNTED_AT_MOST:
            if is_sample:
                counted = members.count(cursor, ids, is_sample=True)
            return Estimate(counted, 0)
    found = _looked_at(account, frozenset(ids))
    if not is_sample:
        return found
    of = members.SAMPLE_IS_ONE_IN
    return Estimate(round(found.value / of), math.ceil(found.margin / of))


def _looked_at(account: Account, ids: frozenset[int]) -> Estimate:
    """About how many are in one of these segments."""
    look = Look(account.pk, glance_for(account, ()))
    inside = sum(
        not ids.isdisjoint(profile.segment_ids)
        for lot in look.lots()
        for profile in lot
    )
    found = look.estimate(inside)
    return Estimate(max(found.value, COUNTED_AT_MOST), found.margin)


def _rate(
    config: Mapping[str, Any], known: Sequence[Hour]
) -> tuple[float | None, RateBy]:
    limits = [
        (config[setting.name], by)
        for setting, by in (
            (BACKFILL_RATE_LIMIT, RateBy.BACKFILL_RATE_LIMIT),
            (RATE_LIMIT, RateBy.RATE_LIMIT),
        )
        if config.get(setting.name)
    ]
    if limits:
        return min(limits, key=lambda limit: limit[0])
    workers = config.get(WORKER_COUNT.name) or USUAL_WORKERS
    borne = _borne(known, workers)
    return (borne, RateBy.DELIVERIES) if borne else (None, RateBy.NOTHING)


def _borne(known: Sequence[Hour], workers: int) -> float:
    """How many messages a second destinations took; 0 where they took none."""
    half_within_ms = hours.together(known).percentile_ms(0.5) if known else 0
    if not half_within_ms:
        return 0.0
    busiest = max(each.delivered for each in known) / HOUR.total_seconds()
    return max(busiest, workers * 1000 / half_within_ms)
