"""Writing no more messages a second than somebody has set, as walks over many do."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

CATCHES_UP = timedelta(seconds=1)


def next_at(due: datetime, written: int, per_second: int) -> datetime:
    """When more may be written, after so many that were due at that time.

    What is late may be caught up with a little.
    """
    begins = max(due, timezone.now() - CATCHES_UP)
    return begins + timedelta(seconds=written / per_second)
