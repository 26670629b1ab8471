"""What came of a try to deliver: the words in which every channel answers.

Delivered      the receiver has it
Transient      it may work later: try again, ever more slowly
Throttled      the receiver asks to wait; no failure
Permanent      this message will never be taken: give it up
Unauthorized   our credentials are refused: stop, and keep everything
Gone           there is no receiver any more: stop, and keep everything
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has the message."""

    name: ClassVar[str] = "delivered"
    reason: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Transient:
    """It did not work, and may later."""

    name: ClassVar[str] = "failed"
    reason: str


@dataclass(frozen=True, slots=True)
class Throttled:
    """The receiver asks to wait, and may say how long."""

    name: ClassVar[str] = "throttled"
    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Permanent:
    """This message will never be taken."""

    name: ClassVar[str] = "refused"
    reason: str


@dataclass(frozen=True, slots=True)
class Omitted(Permanent):
    """The receiver's answer is one that is documented as not to be retried."""

    name: ClassVar[str] = "omitted"


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing will be taken until somebody has mended something."""

    name: ClassVar[str] = "stopped"
    reason: str


@dataclass(frozen=True, slots=True)
class Unauthorized(Stop):
    """Our credentials are wrong, or do not allow it."""

    name: ClassVar[str] = "unauthorized"


@dataclass(frozen=True, slots=True)
class Gone(Stop):
    """There is no receiver any more."""

    name: ClassVar[str] = "gone"


Verdict = Delivered | Transient | Throttled | Permanent | Stop
NAMES = tuple(
    kind.name
    for kind in (
        Delivered,
        Transient,
        Throttled,
        Permanent,
        Omitted,
        Unauthorized,
        Gone,
    )
)
"""What tries are written down as."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One try: what came of it, when, how long it took and what was answered."""

    verdict: Verdict
    at: datetime
    latency_ms: int
    status_code: int | None = None
    answer: str = ""


class Try:
    """A try that begins now."""

    def __init__(self) -> None:
        self._at = datetime.now(UTC)
        self.begun = time.monotonic()

    def outcome(
        self, verdict: Verdict, status_code: int | None = None, answer: str = ""
    ) -> Outcome:
        """What has come of it by now."""
        latency_ms = round((time.monotonic() - self.begun) * 1000)
        return Outcome(verdict, self._at, latency_ms, status_code, answer)
