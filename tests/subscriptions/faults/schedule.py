"""What goes wrong with the sends to a destination, in their order.

After the last strike of a schedule all goes well.
"""

from __future__ import annotations

from collections import Counter
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
    SILENT = "it is not taken, and nothing is said"
    FORGET = "it is taken, and the connection ends without an answer"
    CUT = "it is taken, and the connection ends in the middle of the answer"
    LATE = "it is taken, and answered when nobody waits any more"
    SLOW = "it is taken, and answered after a while"
    PARTIAL = "some of it is taken, and the answer tells which failed"
    DETACH = "the link is detached before it is taken"


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
        self._left = iter(strikes)
        self._lock = Lock()

    def next(self) -> Strike:
        """What becomes of the next send."""
        with self._lock:
            strike = next(self._left, CALM)
            self.struck[strike.fault] += 1
            return strike

    def end(self) -> None:
        """Have all go well from now on."""
        with self._lock:
            self._left = iter(())
