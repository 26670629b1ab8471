"""Deleting what is past its retention row by row, a chunk a transaction.

Deliveries go with their partition: see `retirement`. Those that should have gone with
it, and lie in one in which others still wait, are deleted here with their attempts, but
for those of a backfill that has not ended, which reads from them whom it has told. What
they have told stays in the ledger. Figures of hours are kept DELIVERY_RETENTION_DAYS.
What a deleted subscription leaves is deleted at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import LiteralString

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from lyticsapp.jobs.models import JobState
from subscriptions import ledger, partitions, sql
from subscriptions.models import DeliveryHour, Subscription

CHUNK = 2_000

_EXPIRED = """
SELECT d.id FROM subscriptions_delivery d
WHERE d.ended_at < %b
  AND NOT EXISTS (SELECT 1 FROM subscriptions_backfill b
                  WHERE b.subscription_id = d.subscription_id
                    AND b.ended_at IS NULL)
ORDER BY d.ended_at LIMIT %b::int
"""
_LEFT_BEHIND = """
SELECT d.id FROM subscriptions_delivery d WHERE d.subscription_id = %b LIMIT %b::int
"""
_DELETE_ATTEMPTS = "DELETE FROM subscriptions_attempt WHERE delivery_id = ANY(%b)"
_DELETE = "DELETE FROM subscriptions_delivery WHERE id = ANY(%b)"


def prune() -> int:
    """Delete all that may go; returns how many deliveries went."""
    before = timezone.now() - timedelta(days=settings.DELIVERY_RETENTION_DAYS)
    DeliveryHour.across_accounts.filter(hour__lt=before).delete()
    # A partition has been written to for a period, and had one more to be dropped in.
    deleted = _delete_all(_EXPIRED, before - 2 * partitions.period())
    gone = Subscription.across_accounts.filter(job__state=JobState.DELETED)
    for subscription in gone.defer("secrets"):
        deleted += _delete_all(_LEFT_BEHIND, subscription.pk)
        subscription.delete()
    return deleted


def _delete_all(query: LiteralString, of: object) -> int:
    deleted = 0
    while ids := [row[0] for row in sql.rows(query, (of, CHUNK))]:
        _delete(ids)
        deleted += len(ids)
    return deleted


def _delete(ids: Sequence[int]) -> None:
    with transaction.atomic():
        with sql.raw_cursor() as cursor:
            ledger.keep(cursor, ids)
        sql.rows(_DELETE_ATTEMPTS, (ids,))
        sql.rows(_DELETE, (ids,))
