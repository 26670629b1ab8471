"""Sending what is due to one destination.

One deliverer at a time works on a subscription. It takes messages under a lease,
has several on their way at once, no two of the same user, and writes down results
together. It stops when nothing is due, or when its time is up, so that others get
their turn.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from threading import Event

from lyticsapp import counters
from lyticsapp.authorizations.encryption import DecryptionError
from subscriptions import claim, deliverer_lock, destination, hints, hours, retry
from subscriptions.claim import Claim, Result, Taken
from subscriptions.destination import Destination
from subscriptions.hours import Tally
from subscriptions.outcome import Stop, Throttled, Transient
from subscriptions.senders import PLENTY, Landed, Senders

ATTEMPTS = "lyticsapp_delivery_attempts"
LATENCY = counters.name("lyticsapp_delivery_latency_seconds")
SLICE_S = 5.0
CLAIM_MOST = 128
SETTLE_AT = 128
SETTLE_WITHIN_S = 0.02
POLL_S = 0.05
LINGER_S = 0.05
LOOK_S = 0.25
"""How soon a pause is noticed while messages that were claimed are still at hand."""

stopping = Event()
"""Set when the process is about to end: nothing more is begun."""


def deliver(subscription_id: int) -> bool:
    """Send what is due; true where the time was up and there may be more."""
    ends_at = time.monotonic() + SLICE_S
    idle_runs = 0
    while True:
        with deliverer_lock.alone(subscription_id) as is_alone:
            if not is_alone:
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
        self._senders = Senders()
        self._failures = 0
        self._probing = False
        self._done: list[Result] = []
        self._tally = Tally()
        self._figures: dict[counters.Name, float] = defaultdict(float)
        self._done_since = 0.0
        self._failing = False
        self._dry_since: float | None = None
        self._since = claim.EVER
        self._looked_at = 0.0

    def until(self, ends_at: float) -> bool:
        """Send what is due; true when nothing is left, false when the time is up."""
        while True:
            in_time = time.monotonic() < ends_at and not stopping.is_set()
            if in_time:
                self._take()
            else:
                self._give_back()
            may_go = self._senders.start()
            if self._senders.are_busy or (in_time and not may_go):
                self._land(0.0 if in_time and self._wants_more() else SETTLE_WITHIN_S)
            elif not in_time:
                return False
            elif not self._is_woken():
                return True

    def note_figures(self) -> None:
        """Write down, for charts and /metrics, what came of all that was sent."""
        counters.add(self._figures)
        if self._destination is not None:
            hours.add(self._destination.account_id, self._id, self._tally)

    def _is_woken(self) -> bool:
        """Stay for a moment: what comes now is sent sooner than by a new hint."""
        if not self.has_sent or not hints.wait(self._id, LINGER_S):
            return False
        self._dry_since = None
        return True

    def _wants_more(self) -> bool:
        """Whether to claim now, as less is at hand than can be sent soon."""
        if self._probing and self._senders.are_busy:
            return False
        if self._dry_since is not None:
            return time.monotonic() - self._dry_since >= POLL_S
        return self._senders.at_hand < self._enough()

    def _enough(self) -> int:
        """How many messages at hand are enough: of a slow destination, few."""
        if self._destination is None:
            return 1
        limits, pace = self._destination.limits, self._destination.pace()
        few = max(limits.messages, pace.sends_at_once)
        return few if self._senders.need_help else max(few, PLENTY)

    def _take(self) -> None:
        """Claim what is due, unless enough is at hand or nothing was a moment ago."""
        now = time.monotonic()
        if self._senders.at_hand and now - self._looked_at >= LOOK_S:
            self._looked_at = now
            if not claim.is_open(self._id):
                self._give_back()
        if not self._wants_more() or self._senders.at_hand >= self._enough():
            return
        most = max(CLAIM_MOST, self._enough())
        while True:
            found = claim.claim(self._id, most, self._since)
            self._looked_at = now
            # What is due after a claim that took less than it may has come since. Where
            # there is more, what comes to lie before it waits for the next run.
            is_dry = len(found.taken) + found.put_off < most
            self._dry_since = now if is_dry else None
            self._since = claim.EVER if is_dry else found.reached
            if found.taken or not found.put_off:
                break
        if found.taken:
            self._hand(found)

    def _hand(self, found: Claim) -> None:
        """Give the senders what was taken, with the settings as they are now."""
        if not self._senders.are_busy:
            self._failures = found.failures_in_a_row
            self._probing = self._failures >= retry.DOWN_AFTER
        assert found.updated_at is not None
        try:
            self._destination = destination.load(self._id, found.updated_at)
        except DecryptionError as error:
            self._release(found.taken)
            destination.stop(self._id, str(error))
        else:
            self.has_sent = True
            self._senders.hand(found.taken, self._destination)

    def _land(self, timeout_s: float) -> None:
        """Wait for what was sent, and write down what came of it."""
        for landed in self._senders.fetch(timeout_s):
            self._note(landed)
        if self._done and (
            not self._senders.at_hand
            or self._failing
            or len(self._done) >= SETTLE_AT
            or time.monotonic() - self._done_since >= SETTLE_WITHIN_S
        ):
            self._settle()

    def _note(self, landed: Landed) -> None:
        assert self._destination is not None
        self._destination.pace().learn(
            outcome.verdict for _, outcome in landed if outcome is not None
        )
        if not self._done:
            self._done_since = time.monotonic()
        not_begun = [taken for taken, outcome in landed if outcome is None]
        if not_begun:
            self._release(not_begun)
        for taken, outcome in landed:
            if outcome is not None:
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
        self._count(results)
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

    def _count(self, results: Sequence[Result]) -> None:
        self._tally.add(results)
        for result in results:
            outcome = type(result.outcome.verdict).__name__.lower()
            self._figures[counters.name(ATTEMPTS, outcome=outcome)] += 1
            self._figures[LATENCY] += result.outcome.latency_ms / 1000

    def _give_back(self) -> None:
        left = self._senders.take_back()
        if left:
            self._release(left)

    def _release(self, taken: Sequence[Taken]) -> None:
        claim.release(taken)
        self._dry_since, self._since = None, claim.EVER
