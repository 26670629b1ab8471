"""What a filter is once it is prepared: a thing to ask about profiles."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from segments.filterql.changes import Instants, first_change, next_hours
from segments.filterql.values import MISSING, Evaluator, Values


class Result(NamedTuple):
    """Whether a filter matches, and whether it could be evaluated at all."""

    match: bool
    ok: bool


class Compiled:
    """A filter that is ready to be asked about profiles."""

    __slots__ = ("calendar", "fields", "instants", "resolved", "uses_now", "value")

    def __init__(
        self,
        evaluate: Evaluator,
        *,
        fields: frozenset[str] = frozenset(),
        uses_now: bool = False,
        resolved: bool = True,
        calendar: bool = False,
        instants: tuple[Instants, ...] = (),
    ) -> None:
        self.value = evaluate
        """Gives the value of the expression, MISSING where it cannot be evaluated."""
        self.fields = fields
        """The fields the answer depends on, those of included filters too."""
        self.uses_now = uses_now
        """Whether the answer can change by the passing of time alone."""
        self.resolved = resolved
        """Whether every filter it includes, and those include, is known."""
        self.calendar = calendar
        """Whether it asks for the hour, the day or the month it is."""
        self.instants = instants
        """What each comparison with now says of the instants it can change at."""

    def __call__(self, values: Values, now: datetime) -> bool:
        return self.value(values, now) is True

    def evaluate(self, values: Values, now: datetime) -> Result:
        value = self.value(values, now)
        return Result(value is True, value is not MISSING)

    def boundary(self, values: Values, now: datetime) -> datetime | None:
        """The next instant at which the match changes if nothing but time passes.

        A filter that asks for the hour or the month, and does not change within a
        day, is to be asked again after it.
        """
        if not self.uses_now:
            return None
        hours = list(next_hours(now)) if self.calendar else []
        found = {when for tell in self.instants for when in tell(values, now)}
        soonest = first_change(self, found.union(hours), values, now)
        ask_again = hours[-1] if hours else None
        return min(filter(None, (soonest, ask_again)), default=None)
