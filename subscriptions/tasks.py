"""Celery tasks: each is a hint to look, and finds its work in the database."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.db import OperationalError
from django.utils import timezone

from lyticsapp.network import outgoing
from subscriptions import backfill as backfills
from subscriptions import claim, hints, retention, retirement, watch
from subscriptions import deliver as deliveries
from subscriptions import reconcile as reconciliations
from subscriptions import replay as replays
from subscriptions import skip as skips

logger = logging.getLogger(__name__)


@shared_task
def deliver(subscription_id: int) -> None:
    """Send what is due to one destination."""
    if deliveries.deliver(subscription_id):
        hints.hint([subscription_id])


@shared_task
def sweep() -> None:
    """Find what lost hints have left behind, and what is to go on."""
    watch.resume_mended()
    claim.drop_ended_leases()
    hints.hint(claim.due())
    for subscription_id in backfills.unfinished():
        hints.hint_backfill(subscription_id)
    for number in replays.unfinished():
        hints.hint_replay(number)
    for subscription_id in skips.unfinished():
        hints.hint_skip(subscription_id)
    for subscription_id in reconciliations.unfinished():
        hints.hint_reconcile(subscription_id)


@shared_task
def backfill(subscription_id: int) -> None:
    """Tell a subscription of its segment's members, for a while."""
    hints.backfill_started(subscription_id)
    if backfills.work(subscription_id):
        hints.hint_backfill(subscription_id)


@shared_task
def replay(number: int) -> None:
    """Send messages again, for a while."""
    hints.replay_started(number)
    if replays.work(number):
        hints.hint_replay(number)


@shared_task
def check() -> None:
    """Raise and clear the alerts about destinations."""
    watch.check()


@shared_task
def reconcile(subscription_id: int) -> None:
    """Count or write corrections, for a while."""
    hints.reconcile_started(subscription_id)
    if reconciliations.work(subscription_id):
        hints.hint_reconcile(subscription_id)


@shared_task
def skip(subscription_id: int) -> None:
    """Skip messages before a subscription is resumed, for a while."""
    hints.skip_started(subscription_id)
    if skips.work(subscription_id):
        hints.hint_skip(subscription_id)


@shared_task
def prune() -> None:
    """Delete what is past its retention, and what deleted subscriptions left."""
    retention.prune()


@shared_task
def keep_partitions() -> None:
    """Make partitions ahead, and drop those that are past their retention."""
    try:
        kept = retirement.keep(timezone.now())
    except OperationalError as error:
        logger.warning("partitions are left for the next time: %s", error)
    else:
        for verb, tables in (("made", kept.made), ("dropped", kept.dropped)):
            if tables:
                logger.info("partitions %s: %s", verb, ", ".join(tables))


@worker_shutting_down.connect
def stop(**_: Any) -> None:
    """Let deliverers end with what is on its way."""
    deliveries.stopping.set()
    outgoing.close_idle()
