"""Rejected records: had again as they came in, and forgotten when they are old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from segments.streams.models import RejectedRecord, Stream


def raw_lines(stream: Stream) -> Iterator[bytes]:
    """The rejected records of a stream as they came in, a line each, oldest first."""
    records = RejectedRecord.objects.for_account(stream.account_id)
    raws = records.filter(stream=stream).order_by("pk").values_list("raw", flat=True)
    for raw in raws.iterator(chunk_size=100):
        yield bytes(raw) + b"\n"


def forget_old(now: datetime) -> int:
    """Delete the records that are older than events are kept; returns how many."""
    oldest = now - timedelta(days=settings.EVENT_RETENTION_DAYS)
    old = RejectedRecord.across_accounts.filter(received_at__lt=oldest)
    deleted: int = old.delete()[0]
    return deleted
