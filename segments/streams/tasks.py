"""Tasks that keep the events' tables in shape."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from segments.streams import partitions, rejected

logger = logging.getLogger(__name__)


@shared_task
def keep_partitions() -> None:
    """Make partitions ahead, drop old ones, and forget old rejected records."""
    now = timezone.now()
    try:
        kept = partitions.keep(now)
    except OperationalError as error:
        logger.warning("partitions are left for the next time: %s", error)
    else:
        for verb, tables in (("made", kept.made), ("dropped", kept.dropped)):
            if tables:
                logger.info("partitions %s: %s", verb, ", ".join(tables))
    rejected.forget_old(now)
