"""Hints: telling the deliverers at once that a subscription has something to send.

A hint is a Celery message and no more than that: one that is lost costs a second,
until the sweep finds the message. Until a worker has started on a subscription, no
process sends a second hint for it; and while one is at it, it is woken instead.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

DELIVER = "subscriptions.tasks.deliver"
BACKFILL = "subscriptions.tasks.backfill"
REPLAY = "subscriptions.tasks.replay"
RECONCILE = "subscriptions.tasks.reconcile"
SKIP = "subscriptions.tasks.skip"
EXPIRES_MS = 2000
REDIS_TIMEOUT_S = 2.0

# One command, however many subscriptions: which of them were not hinted yet? Those
# that were are woken, should a worker be waiting.
_TAKE = """
local fresh, half = {}, #KEYS / 2
for number = 1, half do
    local wake = KEYS[half + number]
    if redis.call('SET', KEYS[number], '', 'NX', 'PX', ARGV[1]) then
        fresh[#fresh + 1] = number
    elseif redis.call('EXISTS', wake) == 0 then
        redis.call('RPUSH', wake, '')
        redis.call('PEXPIRE', wake, ARGV[1])
    end
end
return fresh
"""

logger = logging.getLogger(__name__)


def hint(subscription_ids: Iterable[int]) -> None:
    """Say that these subscriptions have something to send; call it after the commit."""
    _send(DELIVER, sorted(subscription_ids))


def hint_backfill(subscription_id: int) -> None:
    """Say that a subscription's backfill is to go on."""
    _send(BACKFILL, [subscription_id])


def hint_replay(number: int) -> None:
    """Say that a replay is to go on."""
    _send(REPLAY, [number])


def hint_reconcile(subscription_id: int) -> None:
    """Say that a subscription is to be compared or corrected."""
    _send(RECONCILE, [subscription_id])


def hint_skip(subscription_id: int) -> None:
    """Say that messages of a subscription are to be skipped."""
    _send(SKIP, [subscription_id])


def hold(subscription_id: int) -> None:
    """Keep hints from being sent: this process is at it, and is woken instead."""
    try:
        _redis().set(_key(DELIVER, subscription_id), b"", px=EXPIRES_MS)
    except redis.RedisError as error:
        logger.warning("hints could not be held back: %s", error)


def wait(subscription_id: int, seconds: float) -> bool:
    """Wait for a hint; false where none came."""
    try:
        hold(subscription_id)
        return _redis().blpop([_wake(DELIVER, subscription_id)], seconds) is not None
    except redis.RedisError as error:
        logger.warning("hints could not be waited for: %s", error)
        return False


def let_go(subscription_id: int) -> None:
    """Let hints be sent again; look once more after this, as one may have been held."""
    _take_back(DELIVER, subscription_id)


def backfill_started(subscription_id: int) -> None:
    """Let the backfill be hinted again: a worker is about to go on with it."""
    _take_back(BACKFILL, subscription_id)


def replay_started(number: int) -> None:
    """Let the replay be hinted again: a worker is about to go on with it."""
    _take_back(REPLAY, number)


def reconcile_started(subscription_id: int) -> None:
    """Let it be hinted again: a worker is about to go on with it."""
    _take_back(RECONCILE, subscription_id)


def skip_started(subscription_id: int) -> None:
    """Let it be hinted again: a worker is about to go on with it."""
    _take_back(SKIP, subscription_id)


def _send(task: str, subscription_ids: Sequence[int]) -> None:
    if not subscription_ids:
        return
    keys = [_key(task, each) for each in subscription_ids]
    wakes = [_wake(task, each) for each in subscription_ids]
    try:
        fresh = cast(
            "list[int]", _redis().eval(_TAKE, 2 * len(keys), *keys, *wakes, EXPIRES_MS)
        )
        for number in fresh:
            current_app.send_task(task, [subscription_ids[number - 1]], retry=False)
    except (redis.RedisError, OperationalError, OSError) as error:
        logger.warning("hints were not sent, the sweep will do: %s", error)


def _take_back(task: str, subscription_id: int) -> None:
    try:
        _redis().delete(_key(task, subscription_id), _wake(task, subscription_id))
    except redis.RedisError as error:
        logger.warning("a hint could not be taken back: %s", error)


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=Retry(NoBackoff(), retries=1),  # else an outage costs seconds a call
    )


def _key(task: str, subscription_id: int) -> str:
    return f"hint:{task}:{subscription_id}"


def _wake(task: str, subscription_id: int) -> str:
    return f"wake:{task}:{subscription_id}"
