"""The charts of a subscription: rate, failures and latency by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from subscriptions import hours
from subscriptions.hours import Hour
from subscriptions.models import Subscription

PERIODS = {24: "24 hours", 7 * 24: "7 days"}
"""How many hours are shown, and how that is called."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A number an hour, as `bars` draws it, and what is to be read from it."""

    what: str
    summary: str
    points: Sequence[tuple[datetime, int]]
    is_of_errors: bool = False


def charts(subscription: Subscription, count: int) -> list[Chart]:
    """Those of the newest hours."""
    each_hour = hours.newest(subscription, count)
    total = hours.together(each_hour)
    most = max(hour.delivered for hour in each_hour)
    return [
        Chart(
            "delivered",
            f"{total.delivered:,} delivered, at most {most:,} in one hour",
            [(hour.begins, hour.delivered) for hour in each_hour],
        ),
        Chart(
            "failed tries",
            f"Failed tries: {total.failed:,}. Given up: {total.dead:,}.",
            [(hour.begins, hour.failed) for hour in each_hour],
            is_of_errors=True,
        ),
        _latency(each_hour, total, 0.5, "Half of them within"),
        _latency(each_hour, total, 0.99, "99 of 100 within"),
    ]


def _latency(each_hour: Sequence[Hour], total: Hour, share: float, said: str) -> Chart:
    within = f"{said} {_duration(total.percentile_ms(share))} of being written"
    return Chart(
        f"ms, {said[0].lower()}{said[1:]}",
        within if total.delivered else "No latency yet",
        [(hour.begins, hour.percentile_ms(share)) for hour in each_hour],
    )


def _duration(ms: int) -> str:
    if ms < 10_000:
        return f"{ms:,} ms"
    return f"{ms / 1000:,.0f} s" if ms < 7_200_000 else f"{ms / 3_600_000:,.0f} h"
