"""Hints: telling the workers at once that a lane has something to do.

A hint is a Celery message and no more than that: one that is lost costs a second,
until the sweep finds the events. Requests only note the lane; a thread sends the
notes of a few milliseconds together. Until a worker has started on a lane, no
process sends a second hint for it.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Iterable
from typing import cast

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

PROCESS_LANE = "segments.pipeline.tasks.process_lane"
GATHER_S = 0.005
EXPIRES_MS = 2000
# Hints that wait longer than this do not pile up: the sweep sends others.
TASK_EXPIRES_S = 10
REDIS_TIMEOUT_S = 2.0

# One command, however many lanes: which of these keys were not there?
_TAKE = """
local fresh = {}
for number, key in ipairs(KEYS) do
    if redis.call('SET', key, '', 'NX', 'PX', ARGV[1]) then
        fresh[#fresh + 1] = number
    end
end
return fresh
"""

Lane = tuple[int, int]
"""An account and the number of one of its lanes."""

logger = logging.getLogger(__name__)


def hint(account_id: int, lanes: Iterable[int]) -> None:
    """Say that these lanes have new events; call it after the commit."""
    _sender.note((account_id, lane) for lane in lanes)


def started(account_id: int, lane: int) -> None:
    """Let the lane be hinted again: a worker is about to look at it."""
    try:
        _sender.redis.delete(_key((account_id, lane)))
    except redis.RedisError as error:
        logger.warning("a hint could not be taken back: %s", error)


def take(account_id: int, lane: int) -> bool:
    """Whether no hint for the lane is on its way; if so, the caller is to send one."""
    try:
        key = _key((account_id, lane))
        return bool(_sender.redis.set(key, b"", nx=True, px=EXPIRES_MS))
    except redis.RedisError as error:
        logger.warning("a hint could not be taken: %s", error)
        return True


class _Sender:
    """Gathers the lanes of one process and sends hints from a thread of its own."""

    def __init__(self) -> None:
        self._noted: set[Lane] = set()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._redis: redis.Redis | None = None

    @property
    def redis(self) -> redis.Redis:
        """The connection pool, made when it is first needed."""
        if self._redis is None:
            self._redis = redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=REDIS_TIMEOUT_S,
                socket_connect_timeout=REDIS_TIMEOUT_S,
                # Else an outage costs seconds a call.
                retry=Retry(NoBackoff(), retries=1),
            )
        return self._redis

    def note(self, lanes: Iterable[Lane]) -> None:
        with self._lock:
            self._noted.update(lanes)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="hints", daemon=True
                )
                self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(GATHER_S)
            self._wake.clear()
            with self._lock:
                lanes, self._noted = self._noted, set()
            try:
                # In any order: under load the first of them is served, the last may not.
                self._send(random.sample(sorted(lanes), len(lanes)))
            except (redis.RedisError, OperationalError, OSError) as error:
                logger.warning("hints were not sent, the sweep will do: %s", error)

    def _send(self, lanes: list[Lane]) -> None:
        keys = [_key(lane) for lane in lanes]
        fresh = cast(
            "list[int]",
            self.redis.eval(_TAKE, len(keys), *keys, EXPIRES_MS),
        )
        for number in fresh:
            current_app.send_task(
                PROCESS_LANE,
                args=lanes[number - 1],
                retry=False,
                expires=TASK_EXPIRES_S,
            )


def _key(lane: Lane) -> str:
    return f"hint:{lane[0]}:{lane[1]}"


def _begin_anew() -> None:
    """A forked process has none of its parent's threads: it makes its own."""
    global _sender
    _sender = _Sender()


_sender = _Sender()
os.register_at_fork(after_in_child=_begin_anew)
