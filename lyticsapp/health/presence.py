"""Workers and beat say in Redis that they are there, every few seconds.

A key that runs out is cheaper to ask for than a round of broker messages, and a
process that hangs or was killed stops renewing it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import redis
import structlog
from celery import bootsteps
from django.conf import settings
from django_celery_beat.schedulers import DatabaseScheduler

RENEW_S = 2.0
EXPIRE_S = 10
TIMEOUT_S = 1.0
BEAT = "beat"

log = structlog.get_logger(__name__)


def worker_of(queue: str) -> str:
    """The name under which workers of a queue are present."""
    return f"worker:{queue}"


def announce(names: Iterable[str]) -> None:
    """Be present under these names for the next seconds."""
    try:
        with client().pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.set(_key(name), 1, ex=EXPIRE_S)
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("presence_not_announced", reason=str(error))


def present(names: Iterable[str]) -> dict[str, bool]:
    """Which of these are there; raises `redis.RedisError` when Redis is not."""
    asked = list(names)
    answers: list[Any] = client().mget([_key(name) for name in asked])
    return {
        name: answer is not None for name, answer in zip(asked, answers, strict=True)
    }


@functools.cache
def client() -> redis.Redis:
    """One connection pool a process, with short limits: health must not hang."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
    )


class WorkerPresence(bootsteps.StartStopStep):
    """Has a Celery worker announce the queues it consumes."""

    requires = ("celery.worker.components:Timer",)

    def start(self, parent: Any) -> None:
        queues = [worker_of(name) for name in parent.app.amqp.queues.consume_from]
        announce(queues)
        parent.timer.call_repeatedly(RENEW_S, announce, (queues,))


class PresentScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Beat's scheduler, which announces itself with each tick."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        announce([BEAT])
        wait: float = super().tick(*args, **kwargs)
        return min(wait, RENEW_S)


def _key(name: str) -> str:
    return f"presence:{name}"
