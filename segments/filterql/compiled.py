"""What a filter is once it is prepared: a thing to ask about profiles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from segments.filterql.answers import Answers
from segments.filterql.sharing import SharedFilter
from segments.filterql.values import MISSING, Values


class Result(NamedTuple):
    """Whether a filter matches, and whether it could be evaluated at all."""

    match: bool
    ok: bool


class Compiled:
    """A filter that is ready to be asked about profiles."""

    __slots__ = ("fields", "matches", "resolved", "shared", "uses_now")

    def __init__(
        self, shared: SharedFilter, matches: Callable[[Values, datetime], bool]
    ) -> None:
        self.matches = matches
        """Whether the filter matches, as one function."""
        self.shared = shared
        """The same filter, to be asked with answers that others share."""
        self.fields = shared.fields
        """The fields the answer depends on, those of included filters too."""
        self.uses_now = shared.uses_now
        """Whether the answer can change by the passing of time alone."""
        self.resolved = shared.resolved
        """Whether every filter it includes, and those include, is known."""

    def __call__(self, values: Values, now: datetime) -> bool:
        return self.matches(values, now)

    def value(self, values: Values, now: datetime) -> Any:
        """The value of the expression, MISSING where it cannot be evaluated."""
        return self.shared.value(Answers(values, now))

    def condition(self, values: Values, now: datetime) -> Any:
        """The value as another filter sees it that includes this one."""
        return self.shared.condition(Answers(values, now))

    def evaluate(self, values: Values, now: datetime) -> Result:
        value = self.value(values, now)
        return Result(value is True, value is not MISSING)

    def boundary(self, values: Values, now: datetime) -> datetime | None:
        """The next instant at which the match changes if nothing but time passes.

        A filter that uses the clock in a way that tells no instants, and is not seen
        to change within a day, is to be asked again after it.
        """
        return self.shared.boundary(Answers(values, now))
