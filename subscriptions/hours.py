"""What comes of a subscription's tries in each hour, for charts.

A deliverer adds up what it does and writes it down when it gives way, after a few
seconds: what one that is killed had not written down yet is missing from the figures,
and from them alone.

How long messages took from being created to being delivered is kept as a histogram,
whose steps grow by a quarter: a percentile is at most so much above what it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from lyticsapp.accounts.models import Account
from subscriptions import sql
from subscriptions.claim import Result
from subscriptions.models import DeliveryHour, Subscription
from subscriptions.outcome import Delivered, Throttled

HOUR = timedelta(hours=1)
STEP = 1.25
STEPS = 100
"""The last one ends after 45 days; what takes longer counts as that."""

_ADD = """
INSERT INTO subscriptions_deliveryhour AS h
       (account_id, subscription_id, hour, delivered, failed, dead, latencies,
        last_error, last_error_at)
VALUES (%b, %b, date_trunc('hour', %b::timestamptz, 'UTC'), %b, %b, %b, %b::bigint[],
        %b, %b)
ON CONFLICT (subscription_id, hour) DO UPDATE
SET delivered = h.delivered + excluded.delivered, failed = h.failed + excluded.failed,
    dead = h.dead + excluded.dead,
    last_error = coalesce(nullif(excluded.last_error, ''), h.last_error),
    last_error_at = coalesce(excluded.last_error_at, h.last_error_at),
    latencies = ARRAY(
        SELECT a.number + b.number
        FROM unnest(h.latencies) WITH ORDINALITY AS a (number, step)
        JOIN unnest(excluded.latencies) WITH ORDINALITY AS b (number, step) USING (step)
        ORDER BY step
    )
"""


@dataclass(slots=True)
class Tally:
    """What came of tries, added up."""

    delivered: int = 0
    failed: int = 0
    """Tries that failed; whoever asks to wait has not."""
    dead: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * STEPS)
    last_error: str = ""
    last_error_at: datetime | None = None

    def add(self, results: Iterable[Result]) -> None:
        """Add what came of these."""
        for result in results:
            outcome, taken = result.outcome, result.taken
            if isinstance(outcome.verdict, Delivered):
                answered_at = outcome.at + timedelta(milliseconds=outcome.latency_ms)
                self.delivered += 1
                self.latencies[step_of(answered_at - taken.created_at)] += 1
            elif not isinstance(outcome.verdict, Throttled):
                self.failed += 1
                self.last_error = outcome.verdict.reason
                self.last_error_at = outcome.at
            self.dead += result.decision.state == "dead"


@dataclass(frozen=True, slots=True)
class LastError:
    """Why a try failed, the newest that did."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hour:
    """What came of the tries of an hour, or of several."""

    begins: datetime
    delivered: int
    failed: int
    dead: int
    latencies: Sequence[int]

    def percentile_ms(self, share: float) -> int:
        """Within how many ms that share of messages was delivered; 0 where none was."""
        rank = math.ceil(self.delivered * share)
        for step, number in enumerate(self.latencies):
            rank -= number
            if number and rank <= 0:
                return round(STEP**step)
        return 0


def step_of(latency: timedelta) -> int:
    """The step of the histogram that a latency falls into."""
    ms = max(latency / timedelta(milliseconds=1), 1.0)
    return min(math.ceil(math.log(ms, STEP)), STEPS - 1)


def add(account_id: int, subscription_id: int, tally: Tally) -> None:
    """Add to the figures of this hour; nothing is added where nothing was tried."""
    counts = (tally.delivered, tally.failed, tally.dead)
    if any(counts):
        where = (account_id, subscription_id, timezone.now())
        error = (tally.last_error, tally.last_error_at)
        sql.rows(_ADD, (*where, *counts, tally.latencies, *error))


def newest(subscription: Subscription, count: int) -> list[Hour]:
    """The newest hours, the oldest of them first; those without figures hold zeros."""
    this = timezone.now().replace(minute=0, second=0, microsecond=0)
    begins = [this - (count - 1 - number) * HOUR for number in range(count)]
    rows = DeliveryHour.objects.for_account(subscription.account_id).filter(
        subscription=subscription, hour__gte=begins[0]
    )
    known = {each.hour: _hour(each) for each in rows}
    return [known.get(at, Hour(at, 0, 0, 0, ())) for at in begins]


def of_channel(account: Account, channel: str, count: int) -> list[Hour]:
    """The hours of the last so many in which subscriptions to a channel sent."""
    rows = DeliveryHour.objects.for_account(account).filter(
        subscription__channel=channel, hour__gte=timezone.now() - count * HOUR
    )
    return [_hour(each) for each in rows]


def last_error(subscription: Subscription) -> LastError | None:
    """The newest error that the figures know; None where there is none."""
    rows = DeliveryHour.objects.for_account(subscription.account_id).filter(
        subscription=subscription, last_error_at__isnull=False
    )
    found = rows.order_by("-hour").values_list("last_error", "last_error_at").first()
    return None if found is None else LastError(*found)


def _hour(row: DeliveryHour) -> Hour:
    return Hour(row.hour, row.delivered, row.failed, row.dead, row.latencies)


def together(hours: Sequence[Hour]) -> Hour:
    """What came of the tries of all these hours."""
    told = [each.latencies for each in hours if each.latencies]
    return Hour(
        hours[0].begins,
        sum(each.delivered for each in hours),
        sum(each.failed for each in hours),
        sum(each.dead for each in hours),
        [sum(numbers) for numbers in zip(*told, strict=True)],
    )
