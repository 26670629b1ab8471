"""Threads that send the messages a deliverer has at hand.

One thread sends one batch after the other. A second one joins when messages have
waited for a moment in which the process had little to do, and so on, up to the number
the destination is set to and bears: one that answers at once is served by one thread,
which others would only take turns with, a slow one by all. A thread whose messages
were not all taken ends, as the deliverer may have to stop or to wait. As long as there
is plenty at hand the deliverer is called once for many messages, not for each.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache
from threading import Event, Lock

from django.db import connection
from django.utils import timezone

from subscriptions import sending
from subscriptions.channel import SEND_WITHIN_S, Limits, Message
from subscriptions.claim import Taken
from subscriptions.destination import Destination
from subscriptions.outcome import Delivered, Outcome, Transient

THREADS = 256
PLENTY = 64
"""With so many messages at hand, the deliverer is called once as many were sent."""
HELP_AFTER_S = 0.005
BUSY = 0.6
"""The share of a processor's time from which on another thread is no help."""

logger = logging.getLogger(__name__)

Landed = Sequence[tuple[Taken, Outcome | None]]
"""What came of messages; None of those that were not begun."""


class Senders:
    """Those at work for one deliverer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._landed: list[Landed] = []
        self._landed_messages = 0
        self._call = Event()
        self._ready: deque[Taken] = deque()
        self._target: Destination | None = None
        self._threads = 0
        self._flying = 0
        self._looked_at = 0.0
        self._used_s = 0.0

    @property
    def at_hand(self) -> int:
        """How many messages wait to be sent."""
        return len(self._ready)

    @property
    def are_busy(self) -> bool:
        """Whether messages are on their way, or what came of some is to be fetched."""
        with self._lock:
            return bool(self._threads or self._flying)

    @property
    def need_help(self) -> bool:
        """Whether one thread does not keep up with what is at hand."""
        return self._threads > 1

    def hand(self, taken: Sequence[Taken], target: Destination) -> None:
        """Give messages to send, in this order."""
        with self._lock:
            self._target = target
            self._ready.extend(taken)

    def take_back(self) -> list[Taken]:
        """The messages that were not begun; none of them will be."""
        with self._lock:
            left = list(self._ready)
            self._ready.clear()
        return left

    def start(self) -> bool:
        """Have what is at hand sent; false where none of it may go yet."""
        with self._lock:
            if not self._ready or self._target is None:
                return True
            if self._threads and not self._may_be_joined():
                return True
            if not _allowed(self._ready, self._target):
                return bool(self._threads)
            self._threads += 1
            self._looked_at, self._used_s = time.monotonic(), time.process_time()
        _pool().submit(self._work, self._target)
        return True

    def fetch(self, timeout_s: float) -> list[Landed]:
        """What has come of messages; waits so long for a call."""
        if self._ready and not self.are_at_most:
            timeout_s = min(timeout_s, HELP_AFTER_S)
        if timeout_s:
            self._call.wait(timeout_s)
        self._call.clear()
        with self._lock:
            found, self._landed, self._landed_messages = self._landed, [], 0
            self._flying -= len(found)
        return found

    @property
    def are_at_most(self) -> bool:
        """Whether there are as many threads as there may be."""
        if self._target is None:
            return True
        return self._threads >= self._target.pace().sends_at_once

    def _may_be_joined(self) -> bool:
        """Whether the time since the last look was long, and mostly spent waiting."""
        now, used_s = time.monotonic(), time.process_time()
        passed_s = now - self._looked_at
        if passed_s < HELP_AFTER_S or self.are_at_most:
            return False
        share = (used_s - self._used_s) / passed_s
        self._looked_at, self._used_s = now, used_s
        return share < BUSY

    def _work(self, target: Destination) -> None:
        while unit := self._next(target):
            landed = _sent(unit, target)
            is_taken = all(o and isinstance(o.verdict, Delivered) for _, o in landed)
            if self._land(landed) or not is_taken:
                self._call.set()
            if not is_taken:
                break
        connection.close()  # a channel may have asked the database
        with self._lock:
            self._threads -= 1
        self._call.set()

    def _land(self, landed: Landed) -> bool:
        """Keep what came of messages; whether it is time to call the deliverer."""
        with self._lock:
            self._landed.append(landed)
            self._landed_messages += len(landed)
            return self._landed_messages >= PLENTY or len(self._ready) < PLENTY

    def _next(self, target: Destination) -> list[Taken]:
        with self._lock:
            if self._threads > target.pace().sends_at_once:
                return []
            allowed = _allowed(self._ready, target)
            if not allowed:
                return []
            unit = _unit(self._ready, allowed, target.limits.total_bytes)
            target.pace().take(len(unit))
            self._flying += 1
            return unit


def _allowed(ready: deque[Taken], target: Destination) -> int:
    """How many of the messages at hand may go together now."""
    limits = target.limits
    if not ready or not _is_ripe(ready, limits):
        return 0
    return target.pace().allowed(min(limits.messages, len(ready)))


def _is_ripe(ready: deque[Taken], limits: Limits) -> bool:
    """Whether what is at hand may go: it is enough, or has waited for long enough."""
    if not limits.linger_s or len(ready) >= limits.messages:
        return True
    waited = timezone.now() - min(each.created_at for each in ready)
    return waited >= timedelta(seconds=limits.linger_s)


def _unit(ready: deque[Taken], messages: int, total_bytes: int) -> list[Taken]:
    """The next messages that one send may hold; taken from what is at hand."""
    unit = [ready.popleft()]
    size = len(unit[0].body)
    while ready and len(unit) < messages:
        size += len(ready[0].body)
        if size > total_bytes:
            break
        unit.append(ready.popleft())
    return unit


def _sent(unit: Sequence[Taken], target: Destination) -> Landed:
    """Send some messages; what came of them, whatever that is."""
    begun = timezone.now()
    if unit[0].leased_until - begun < timedelta(seconds=SEND_WITHIN_S):
        return [(taken, None) for taken in unit]
    try:
        outcomes = sending.send([_message(taken) for taken in unit], target)
        return list(zip(unit, outcomes, strict=True))
    except Exception as error:
        # An error no channel knows must not stop the others: it counts as a failure
        # of these messages, which is bounded, and is logged whole.
        logger.exception("a message could not be sent")
        failed = Transient(f"unexpected {type(error).__name__}")
        outcome = Outcome(failed, timezone.now(), latency_ms=0)
        return [(taken, outcome) for taken in unit]


def _message(taken: Taken) -> Message:
    return Message(
        id=taken.message_id,
        sequence=taken.id,
        profile_id=taken.profile_id,
        created_at=taken.created_at,
        body=taken.body,
        replay=taken.replay,
    )


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="send")
