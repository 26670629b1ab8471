"""Dropping the partitions of messages that are past their retention.

A partition goes once all of its messages have ended DELIVERY_RETENTION_DAYS ago, and
the backfills of their subscriptions have ended, which read from them whom they have
told. What the messages have told is kept before that, a chunk a transaction; it goes on
at its cursor after a kill. Nothing of it is to be looked at again: these messages change
no more, but for the users they belong to, and a merge changes what is kept likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from subscriptions import ledger, partitions, sql
from subscriptions.models import RetiredPartition
from subscriptions.partitions import Partition

CHUNK = 2_000

# Each is ordered, so that an index is read whatever the planner believes of the table.
_IN_USE = """
SELECT (
    SELECT id FROM subscriptions_delivery
    WHERE state = 'pending' AND id >= %(begin)b AND id < %(end)b
    ORDER BY subscription_id, next_attempt_at, id LIMIT 1
) IS NOT NULL OR (
    SELECT ended_at FROM subscriptions_delivery
    WHERE ended_at IS NOT NULL AND id >= %(begin)b AND id < %(end)b
    ORDER BY ended_at DESC LIMIT 1
) >= %(before)b OR EXISTS (
    SELECT FROM subscriptions_backfill b CROSS JOIN LATERAL (
        SELECT FROM subscriptions_delivery d
        WHERE d.subscription_id = b.subscription_id
          AND d.id >= %(begin)b AND d.id < %(end)b
        ORDER BY d.id DESC LIMIT 1
    ) told
    WHERE b.ended_at IS NULL
)
"""
_FOLLOWING = """
SELECT id FROM subscriptions_delivery
WHERE id > %b AND id < %b ORDER BY id LIMIT %b::int
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done to the partitions."""

    made: list[str]
    dropped: list[str]


def keep(now: datetime) -> Kept:
    """Make the next partition, begin it when it is time, and drop those that are old.

    Raises OperationalError where a lock could not be had; what is done by then stays
    done.
    """
    with partitions.alone() as is_alone:
        if not is_alone:
            return Kept([], [])
        closed = partitions.closed()
        made = partitions.make_ahead() + partitions.begin_next(now)
        before = now - timedelta(days=settings.DELIVERY_RETENTION_DAYS)
        old = [each for each in closed if not _is_in_use(each, before)]
        for partition in old:
            _retire(partition)
        partitions.drop_orphans()
        return Kept(made, [each.deliveries for each in old])


def _is_in_use(partition: Partition, before: datetime) -> bool:
    """Whether a message waits, has ended since, or is read by a backfill."""
    bounds = {"begin": partition.begin, "end": partition.end, "before": before}
    return bool(sql.rows(_IN_USE, bounds)[0][0])


def _retire(partition: Partition) -> None:
    """Keep what it has told, and drop its deliveries."""
    retired, _ = RetiredPartition.objects.get_or_create(
        begin=partition.begin, defaults={"cursor": partition.begin - 1}
    )
    while _keep_next(retired, partition.end):
        pass
    with transaction.atomic():
        partitions.drop_deliveries(partition)
        retired.delete()


def _keep_next(retired: RetiredPartition, end: int) -> bool:
    """Keep what the next chunk has told; false where there is none."""
    with transaction.atomic():
        ids = [row[0] for row in sql.rows(_FOLLOWING, (retired.cursor, end, CHUNK))]
        if ids:
            with sql.raw_cursor() as cursor:
                ledger.keep(cursor, ids)
            retired.cursor = ids[-1]
            retired.save(update_fields=["cursor"])
    return bool(ids)
