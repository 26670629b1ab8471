"""Counters that all processes share, for `/metrics`. Imports nothing of ours.

They live in one Redis hash. A flushed Redis sets them to zero, which Prometheus
takes for the restart of a counter; nothing but figures depends on them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "counters"
TIMEOUT_S = 1.0

Labels = tuple[tuple[str, str], ...]
Name = tuple[str, Labels]
"""A counter's name and its labels, as pairs."""

log = structlog.get_logger(__name__)


def name(counter: str, **labels: str) -> Name:
    """The name of a counter with these labels."""
    return counter, tuple(sorted(labels.items()))


def add(amounts: Mapping[Name, float]) -> None:
    """Raise counters; one that cannot be reached is logged, never raised."""
    try:
        with _client().pipeline(transaction=False) as pipeline:
            for (counter, labels), amount in amounts.items():
                field = "|".join([counter, *(f"{k}={v}" for k, v in labels)])
                pipeline.hincrbyfloat(KEY, field, amount)
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("counters_not_raised", reason=str(error))


def read() -> dict[Name, float]:
    """Every counter; raises `redis.RedisError`."""
    stored: dict[bytes, bytes] = _client().hgetall(KEY)  # type: ignore[assignment]
    return {_parsed(field.decode()): float(value) for field, value in stored.items()}


def _parsed(field: str) -> Name:
    counter, *labels = field.split("|")
    pairs = (label.partition("=") for label in labels)
    return counter, tuple((key, value) for key, _, value in pairs)


@functools.cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        # One more try, else an outage costs seconds a call; and none where the answer
        # is late, as what was counted already would be counted twice.
        retry=Retry(NoBackoff(), retries=1, supported_errors=(redis.ConnectionError,)),
    )
