"""Hints: telling the deliverers at once that a subscription has something to send.

A hint is a Celery message and no more than that: one that is lost costs a second,
until the sweep finds the message. Until a worker has started on a subscription, no
process sends a second hint for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

DELIVER = "subscriptions.tasks.deliver"
BACKFILL = "subscriptions.tasks.backfill"
EXPIRES_MS = 2000
REDIS_TIMEOUT_S = 2.0

logger = logging.getLogger(__name__)


def hint(subscription_ids: Iterable[int]) -> None:
    """Say that these subscriptions have something to send; call it after the commit."""
    _send(DELIVER, sorted(subscription_ids))


def hint_backfill(subscription_id: int) -> None:
    """Say that a subscription's backfill is to go on."""
    _send(BACKFILL, [subscription_id])


def started(subscription_id: int) -> None:
    """Let the subscription be hinted again: a worker is about to look at it."""
    _take_back(_key(DELIVER, subscription_id))


def backfill_started(subscription_id: int) -> None:
    """Let the backfill be hinted again: a worker is about to go on with it."""
    _take_back(_key(BACKFILL, subscription_id))


def _send(task: str, subscription_ids: Sequence[int]) -> None:
    if not subscription_ids:
        return
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            for each in subscription_ids:
                pipeline.set(_key(task, each), b"", nx=True, px=EXPIRES_MS)
            fresh = pipeline.execute()
        for each, is_fresh in zip(subscription_ids, fresh, strict=True):
            if is_fresh:
                current_app.send_task(task, [each], retry=False)
    except (redis.RedisError, OperationalError, OSError) as error:
        logger.warning("hints were not sent, the sweep will do: %s", error)


def _take_back(key: str) -> None:
    try:
        _redis().delete(key)
    except redis.RedisError as error:
        logger.warning("a hint could not be taken back: %s", error)


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
    )


def _key(task: str, subscription_id: int) -> str:
    return f"hint:{task}:{subscription_id}"
