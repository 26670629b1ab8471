"""The figures at `/metrics`, in the Prometheus text format.

Gauges are read from PostgreSQL when asked for, counters from Redis, so the answer
is the same whichever web process gives it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lyticsapp import counters
from lyticsapp.alerts import mail
from lyticsapp.health import state
from segments.pipeline.due import due_heads

DESCRIPTIONS = {
    "lyticsapp_events": "Events applied to profiles.",
    "lyticsapp_event_delay_seconds": "Sum of times from accepted to applied.",
    "lyticsapp_batches": "Batches committed.",
    "lyticsapp_triggers": "Users who entered or left a segment, by cause.",
    "lyticsapp_due_profiles": "Profiles evaluated as time had moved them.",
    "lyticsapp_due_lateness_seconds": "Sum of times from due to evaluated.",
    "lyticsapp_delivery_attempts": "Tries to deliver a message, by outcome.",
    "lyticsapp_delivery_latency_seconds": "Sum of times that tries took.",
}

_GAUGES = """
SELECT
    (SELECT count(*) FROM definitions_recompute),
    (SELECT count(*) FROM subscriptions_backfill WHERE ended_at IS NULL),
    (SELECT count(*) FROM subscriptions_subscription WHERE held_until > now()),
    (SELECT count(*) FROM alerts_alert WHERE cleared_at IS NULL)
"""


def exposition() -> bytes:
    """All figures; raises `redis.RedisError` and `django.db.Error`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    return generate_latest(registry)


class _Figures(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from _gauges()
        yield from _counters()

    def describe(self) -> list[Metric]:
        return []


def _gauges() -> Iterator[Metric]:
    health = state.whole()
    up = GaugeMetricFamily("lyticsapp_part_up", "Whether a part runs.", labels=["part"])
    for part, found in health.parts.items():
        up.add_metric([part], float(found.ok))
    yield up
    if health.backlog is not None:
        yield _gauge(
            "pending_events",
            f"Events accepted and not applied, counted to {state.COUNT_LIMIT}.",
            health.backlog.events,
        )
        yield _gauge(
            "pending_event_age_seconds",
            "Age of the oldest event that is not applied.",
            health.backlog.oldest_event_s,
        )
        yield _gauge(
            "pending_deliveries",
            f"Messages not delivered yet, counted to {state.COUNT_LIMIT}.",
            health.backlog.deliveries,
        )
    yield _gauge(
        "overdue_seconds",
        "How long the profile waits that is due the longest.",
        max((_age_s(head.due_at) for head in due_heads()), default=0.0),
    )
    with connection.cursor() as cursor:
        cursor.execute(_GAUGES)
        recomputes, backfills, held, alerts = cursor.fetchone()
    yield _gauge("recomputes", "Segments being computed.", recomputes)
    yield _gauge("backfills", "Subscriptions being backfilled.", backfills)
    yield _gauge("held_subscriptions", "Destinations left alone for a while.", held)
    yield _gauge("open_alerts", "Alerts that are not over.", alerts)
    yield _gauge("mail_on", "Whether EMAIL_URL sends mails to people.", mail.is_on())


def _age_s(moment: datetime) -> float:
    return (timezone.now() - moment).total_seconds()


def _gauge(suffix: str, description: str, value: float) -> Metric:
    return GaugeMetricFamily(f"lyticsapp_{suffix}", description, value=value)


def _counters() -> Iterator[Metric]:
    by_name: dict[str, list[tuple[counters.Labels, float]]] = defaultdict(list)
    for (counter, labels), value in counters.read().items():
        by_name[counter].append((labels, value))
    for counter, description in DESCRIPTIONS.items():
        samples = by_name.get(counter, [])
        keys = sorted({key for labels, _ in samples for key, _ in labels})
        family = CounterMetricFamily(counter, description, labels=keys)
        for labels, value in samples:
            of = dict(labels)
            family.add_metric([of.get(key, "") for key in keys], value)
        yield family
