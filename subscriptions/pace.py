"""How fast a destination is sent to: no faster than it is set to, or bears.

The sends that may be on their way at once shrink to half when the receiver asks to
wait, and grow by one each time as many as that have been taken. The messages that may
go in a second are a bucket that fills up at the set rate, and holds a second's worth.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from subscriptions.outcome import Delivered, Throttled, Verdict

KEPT = 1_000


class Pace:
    """The pace of one destination."""

    def __init__(self, most: int, per_second: int | None) -> None:
        """At most so many sends at once, and messages a second; None for any number."""
        self._most = most
        self._window = float(most)
        self._per_second = per_second
        self._tokens = float(per_second or 0)
        self._filled_at = time.monotonic()

    @property
    def sends_at_once(self) -> int:
        """How many may be on their way now."""
        return max(1, int(self._window))

    def allowed(self, wanted: int) -> int:
        """How many of the wanted messages may go now."""
        if self._per_second is None:
            return wanted
        now = time.monotonic()
        gained = (now - self._filled_at) * self._per_second
        self._tokens = min(self._tokens + gained, float(max(self._per_second, 1)))
        self._filled_at = now
        return min(wanted, int(self._tokens))

    def take(self, messages: int) -> None:
        """Count messages as gone."""
        self._tokens -= messages

    def learn(self, verdicts: Iterable[Verdict]) -> None:
        """Go slower or faster by what came of a send."""
        kinds = {type(verdict) for verdict in verdicts}
        if Throttled in kinds:
            self._window = max(1.0, self._window / 2)
        elif kinds == {Delivered}:
            self._window = min(float(self._most), self._window + 1 / self._window)


_kept: OrderedDict[int, tuple[tuple[int, int | None], Pace]] = OrderedDict()
_looking = Lock()


def pace_of(subscription_id: int, most: int, per_second: int | None) -> Pace:
    """The pace of a destination, as learned by this process; anew when set anew."""
    with _looking:
        known = _kept.pop(subscription_id, None)
        wanted = (most, per_second)
        if known is None or known[0] != wanted:
            known = (wanted, Pace(*wanted))
        _kept[subscription_id] = known
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
        return known[1]
