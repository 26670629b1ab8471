"""Sending what is due to one destination.

One deliverer at a time works on a subscription. It takes messages under a lease,
has several on their way at once, no two of the same user, and writes down results
together. It stops when nothing is due, or when its time is up, so that others get
their turn.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from queue import Empty, SimpleQueue
from threading import Event

from django.utils import timezone

from lyticsapp import counters
from lyticsapp.authorizations.encryption import DecryptionError
from subscriptions import claim, destination, hints, hours, retry, sending, sql
from subscriptions.channel import SEND_WITHIN_S, Limits, Message
from subscriptions.claim import Result, Taken
from subscriptions.destination import Destination
from subscriptions.hours import Tally
from subscriptions.outcome import Outcome, Stop, Throttled, Transient

LOCK_CLASS = 0x5B5  # the first key of PostgreSQL's two-key advisory locks
SLICE_S = 5.0
SENDERS = 256
CLAIM_MOST = 64
SETTLE_AT = 32
SETTLE_WITHIN_S = 0.02
POLL_S = 0.05
LINGER_S = 0.05
LOOK_S = 0.25
"""How soon a pause is noticed while messages that were claimed are still at hand."""

stopping = Event()
"""Set when the process is about to end: nothing more is begun."""

logger = logging.getLogger(__name__)

Landed = Sequence[tuple[Taken, Outcome | None]]


def deliver(subscription_id: int) -> bool:
    """Send what is due; true where the time was up and there may be more."""
    ends_at = time.monotonic() + SLICE_S
    idle_runs = 0
    while True:
        with _alone(subscription_id) as alone:
            if not alone:
                return False
            hints.hold(subscription_id)
            run = _Run(subscription_id)
            try:
                is_through = run.until(ends_at)
                run.note_figures()
                if not is_through:
                    return True
            finally:
                hints.let_go(subscription_id)
        # Whoever was turned away, or held back a hint, while this one held the lock
        # counts on it to look once more after giving the lock back.
        idle_runs = 0 if run.has_sent else idle_runs + 1
        if idle_runs > 1 or not claim.due(subscription_id):
            return False


class _Run:
    """One deliverer's work on one subscription."""

    def __init__(self, subscription_id: int) -> None:
        self.has_sent = False
        self._id = subscription_id
        self._destination: Destination | None = None
        self._failures = 0
        self._probing = False
        self._ready: deque[Taken] = deque()
        self._flying = 0
        self._landed: SimpleQueue[Landed] = SimpleQueue()
        self._done: list[Result] = []
        self._tally = Tally()
        self._done_since = 0.0
        self._failing = False
        self._dry_since: float | None = None
        self._looked_at = 0.0

    @property
    def _enough(self) -> int:
        """How many messages are at hand where none is to be claimed."""
        if self._destination is None:
            return 1
        limits, pace = self._destination.limits, self._destination.pace()
        return max(limits.messages, pace.sends_at_once)

    def until(self, ends_at: float) -> bool:
        """Send what is due; true when nothing is left, false when the time is up."""
        while True:
            in_time = time.monotonic() < ends_at and not stopping.is_set()
            if in_time:
                self._take()
            else:
                self._give_back()
            waits = self._launch()
            if self._flying or (waits and in_time):
                self._land()
            elif not in_time:
                return False
            elif not self._is_woken():
                return True

    def note_figures(self) -> None:
        """Write down, for charts, what came of all that was sent."""
        if self._destination is not None:
            hours.add(self._destination.account_id, self._id, self._tally)

    def _is_woken(self) -> bool:
        """Stay for a moment: what comes now is sent sooner than by a new hint."""
        if not self.has_sent or not hints.wait(self._id, LINGER_S):
            return False
        self._dry_since = None
        return True

    def _take(self) -> None:
        """Claim what is due, unless enough is at hand or nothing was a moment ago."""
        now = time.monotonic()
        if self._ready and now - self._looked_at >= LOOK_S:
            self._looked_at = now
            if not claim.is_open(self._id):
                self._give_back()
        if len(self._ready) >= self._enough or (self._probing and self._flying):
            return
        if self._dry_since is not None and now - self._dry_since < POLL_S:
            return
        most = max(CLAIM_MOST, self._enough)
        while True:
            found = claim.claim(self._id, most)
            self._looked_at = now
            if found.taken or not found.put_off:
                break
        # What is due after a claim that took less than it may has come since.
        if len(found.taken) + found.put_off < most:
            self._dry_since = now
        if not found.taken:
            return
        if not self._flying:
            self._failures = found.failures_in_a_row
            self._probing = self._failures >= retry.DOWN_AFTER
        assert found.updated_at is not None
        try:
            self._destination = destination.load(self._id, found.updated_at)
        except DecryptionError as error:
            claim.release(found.taken)
            destination.stop(self._id, str(error))
        else:
            self._ready.extend(found.taken)

    def _launch(self) -> bool:
        """Send what is at hand; true where some of it may not go yet."""
        if self._destination is None:
            return False
        limits, pace = self._destination.limits, self._destination.pace()
        while self._ready and self._flying < pace.sends_at_once:
            allowed = pace.allowed(min(limits.messages, len(self._ready)))
            if not allowed or not _is_ripe(self._ready, limits):
                return True
            unit = _unit(self._ready, replace(limits, messages=allowed))
            pace.take(len(unit))
            self._flying += 1
            self.has_sent = True
            _senders().submit(_send, unit, self._destination, self._landed)
        return False

    def _land(self) -> None:
        """Wait for what was sent, and write down what came of it."""
        try:
            self._note(self._landed.get(timeout=POLL_S))
            while True:
                self._note(self._landed.get_nowait())
        except Empty:
            pass
        if self._done and (
            not self._ready
            or self._failing
            or len(self._done) >= SETTLE_AT
            or time.monotonic() - self._done_since >= SETTLE_WITHIN_S
        ):
            self._settle()

    def _note(self, landed: Landed) -> None:
        self._flying -= 1
        assert self._destination is not None
        self._destination.pace().learn(
            outcome.verdict for _, outcome in landed if outcome is not None
        )
        if not self._done:
            self._done_since = time.monotonic()
        for taken, outcome in landed:
            if outcome is None:
                claim.release([taken])
                self._dry_since = None
            else:
                decision = retry.decide(outcome.verdict, taken.failures)
                self._done.append(Result(taken, outcome, decision))
                self._failing |= isinstance(
                    outcome.verdict, Transient | Throttled | Stop
                )

    def _settle(self) -> None:
        assert self._destination is not None
        results, self._done, self._failing = self._done, [], False
        if claim.settle(results) or self._probing:
            self._dry_since = None
        counters.add(_figures(results))
        self._tally.add(results)
        verdicts = [result.outcome.verdict for result in results]
        standing = retry.standing(self._failures, verdicts, probing=self._probing)
        stops = [verdict for verdict in verdicts if isinstance(verdict, Stop)]
        if stops:
            destination.stop(self._id, stops[0].reason)
        reason = verdicts[-1].reason
        destination.note(self._destination, self._failures, standing, reason)
        self._failures = standing.failures_in_a_row
        self._probing = False
        if standing.hold_s is not None or stops:
            self._give_back()

    def _give_back(self) -> None:
        if self._ready:
            claim.release(list(self._ready))
            self._ready.clear()


def _figures(results: Sequence[Result]) -> dict[counters.Name, float]:
    figures: Counter[counters.Name] = Counter()
    latency_ms = 0
    for result in results:
        outcome = type(result.outcome.verdict).__name__.lower()
        figures[counters.name("lyticsapp_delivery_attempts", outcome=outcome)] += 1
        latency_ms += result.outcome.latency_ms
    latency_s = latency_ms / 1000
    return {counters.name("lyticsapp_delivery_latency_seconds"): latency_s, **figures}


def _send(
    unit: Sequence[Taken], target: Destination, landed: SimpleQueue[Landed]
) -> None:
    """Send some messages and hand over what came of them, whatever that is."""
    try:
        landed.put(list(zip(unit, _outcomes(unit, target), strict=True)))
    except Exception as error:
        # An error no channel knows must not stop the others: it counts as a failure
        # of this message, which is bounded, and is logged whole.
        logger.exception("a message could not be sent")
        failed = Transient(f"unexpected {type(error).__name__}")
        outcome = Outcome(failed, timezone.now(), latency_ms=0)
        landed.put([(taken, outcome) for taken in unit])


def _outcomes(unit: Sequence[Taken], target: Destination) -> Sequence[Outcome | None]:
    begun = timezone.now()
    if unit[0].lease - begun < timedelta(seconds=SEND_WITHIN_S):
        return [None for _ in unit]
    return sending.send([_message(taken) for taken in unit], target)


def _message(taken: Taken) -> Message:
    return Message(
        id=taken.message_id,
        sequence=taken.id,
        profile_id=taken.profile_id,
        created_at=taken.created_at,
        body=taken.body,
        replay=taken.replay,
    )


def _is_ripe(ready: deque[Taken], limits: Limits) -> bool:
    """Whether what is at hand may go: it is enough, or has waited for long enough."""
    if not limits.linger_s or len(ready) >= limits.messages:
        return True
    waited = timezone.now() - min(each.created_at for each in ready)
    return waited >= timedelta(seconds=limits.linger_s)


def _unit(ready: deque[Taken], limits: Limits) -> list[Taken]:
    """The next messages that one send may hold; taken from what is at hand."""
    unit = [ready.popleft()]
    size = len(unit[0].body)
    while ready and len(unit) < limits.messages:
        size += len(ready[0].body)
        if size > limits.total_bytes:
            break
        unit.append(ready.popleft())
    return unit


@contextmanager
def _alone(subscription_id: int) -> Iterator[bool]:
    """Whether no other deliverer works on the subscription until the block ends."""
    key = (LOCK_CLASS, subscription_id)
    alone = bool(sql.rows("SELECT pg_try_advisory_lock(%b, %b)", key)[0][0])
    try:
        yield alone
    finally:
        if alone:
            sql.rows("SELECT pg_advisory_unlock(%b, %b)", key)


@lru_cache(maxsize=1)
def _senders() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(SENDERS, thread_name_prefix="send")
