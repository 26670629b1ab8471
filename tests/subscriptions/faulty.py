"""A channel that goes wrong at set rates, around one that works.

    faulty = Faulty(channel.get("webhook"), Faults(seed=1, fail=0.2))
    channel.bind("rehearsal", lambda: [faulty.channel])

Subscriptions to the channel `faulty` have the settings of the one it is around. What
goes wrong is drawn anew for each try, and is the same for the same seed and profiles,
however many threads send.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from threading import Event, Lock
from typing import Any

from lyticsapp.authorizations.credentials import Credentials
from subscriptions.channel import Channel, Config, Message
from subscriptions.outcome import Outcome, Throttled, Transient, Verdict

KEY = "faulty"


class Fault(Enum):
    """What goes wrong with a try."""

    FAIL = "fail"
    """The message does not arrive."""
    FORGET = "forget"
    """The message arrives, and the answer does not."""
    THROTTLE = "throttle"
    """The receiver asks to wait."""
    STALL = "stall"
    """All of the send takes longer."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """The shares of tries that go wrong, which add up to less than 1."""

    seed: int
    fail: float = 0.0
    forget: float = 0.0
    throttle: float = 0.0
    stall: float = 0.0
    stall_s: float = 0.02

    def drawn(self, profile_id: int, nth: int) -> Fault | None:
        """What goes wrong with the nth try of a profile's messages."""
        at = random.Random(f"{self.seed}/{profile_id}/{nth}").random()
        for fault in Fault:
            at -= getattr(self, fault.value)
            if at < 0:
                return fault
        return None


@dataclass(frozen=True)
class Marked:
    """A request of the channel within, and whom it is about."""

    profile_id: int
    request: Any


class Faulty:
    """The faulty channel; `happened` counts what has gone wrong."""

    def __init__(self, within: Channel, faults: Faults) -> None:
        self.happened: Counter[Fault] = Counter()
        self._within = within
        self._faults = faults
        self._tries: Counter[int] = Counter()
        self._lock = Lock()

    @property
    def channel(self) -> Channel:
        workflow = f"{KEY}_triggers"
        return replace(
            self._within,
            key=KEY,
            workflow=workflow,
            format=self._format,
            send=self._send,
        )

    def _format(
        self, message: Message, config: Config, credentials: Credentials
    ) -> Marked:
        request = self._within.format(message, config, credentials)
        return Marked(message.profile_id, request)

    def _send(
        self, requests: Sequence[Marked], config: Config, credentials: Credentials
    ) -> list[Outcome]:
        faults = [self._drawn(each.profile_id) for each in requests]
        if Fault.STALL in faults:
            Event().wait(self._faults.stall_s)
        arriving = [
            each.request
            for each, fault in zip(requests, faults, strict=True)
            if fault not in (Fault.FAIL, Fault.THROTTLE)
        ]
        sent = self._within.send(arriving, config, credentials) if arriving else ()
        outcomes = iter(sent)
        return [_outcome(fault, outcomes) for fault in faults]

    def _drawn(self, profile_id: int) -> Fault | None:
        with self._lock:
            self._tries[profile_id] += 1
            fault = self._faults.drawn(profile_id, self._tries[profile_id])
            if fault is not None:
                self.happened[fault] += 1
            return fault


def _outcome(fault: Fault | None, arrived: Iterator[Outcome]) -> Outcome:
    match fault:
        case Fault.FAIL:
            return _made_up(Transient("it was made to fail"))
        case Fault.THROTTLE:
            return _made_up(Throttled("it was made to wait", after_s=1))
        case Fault.FORGET:
            return replace(next(arrived), verdict=Transient("the answer was lost"))
    return next(arrived)


def _made_up(verdict: Verdict) -> Outcome:
    return Outcome(verdict, datetime.now(UTC), latency_ms=0)
