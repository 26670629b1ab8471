"""What goes wrong with the sends to a destination, in their order.

A schedule ends: after its last strike all goes well.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from threading import Lock


class Fault(Enum):
    """What becomes of a send."""

    NONE = "it is taken and answered"
    ERROR = "it is refused with an error of the service, such as 500"
    UNAVAILABLE = "it is refused with 503"
    GATEWAY = (
        "it is refused by a gateway in between, which knows nothing of the service"
    )
    THROTTLE = "the service asks to wait"
    EXPIRED = "the service says that the credentials have ended"
    RESET = "the connection ends before it is taken"
    FORGET = "it is taken, and the connection ends without an answer"
    CUT = "it is taken, and the connection ends in the middle of the answer"
    LATE = "it is taken, and answered when nobody waits any more"
    SLOW = "it is taken, and answered after a while"
    PARTIAL = "some of it is taken, and the answer tells which failed"


@dataclass(frozen=True)
class Strike:
    """A fault, and how it strikes."""

    fault: Fault
    share: float = 0.5
    """What part of the answer is cut off, or of the messages fails."""
    abruptly: bool = False
    """Whether the connection is reset, and not closed; or the other of two errors."""


CALM = Strike(Fault.NONE)


class Schedule:
    """Deals out strikes; `struck` counts those that have been dealt."""

    def __init__(self, strikes: Iterable[Strike]) -> None:
        self.struck: Counter[Fault] = Counter()
        self._left = deque(strikes)
        self._lock = Lock()

    def next(self) -> Strike:
        """What becomes of the next send."""
        with self._lock:
            strike = self._left.popleft() if self._left else CALM
            self.struck[strike.fault] += 1
            return strike
