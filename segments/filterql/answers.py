"""Conditions, and what they answer about one profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from segments.filterql.changes import Clock, Steps
from segments.filterql.conditions import leaf_of
from segments.filterql.foresight import Timed
from segments.filterql.generation import Asked, Parameters, maker
from segments.filterql.nodes import Node
from segments.filterql.shapes import Answering, answering_of
from segments.filterql.values import FAILED, MISSING, Evaluator, Values

if TYPE_CHECKING:
    from segments.filterql.sharing import SharedFilter


MOST_KEPT = 2_048
"""A search looks at fewer moments."""

_OUTCOMES: dict[Answering, tuple[Any, ...]] = {
    Answering.STRICT: (True, False, MISSING),
    Answering.FAILING: (True, False, MISSING, FAILED, None),
    Answering.LOOSE: (),
}
"""The answers a condition can have; of some it may be any."""


class Condition:
    """A condition that any number of filters ask about."""

    __slots__ = (
        "__weakref__",
        "answering",
        "clock",
        "evaluate",
        "fields",
        "foretell",
        "general",
    )

    def __init__(
        self,
        node: Node,
        general: Evaluator,
        fields: frozenset[str],
        clock: Clock,
    ) -> None:
        shape, operands = leaf_of(node, general)
        make = maker(shape, Asked.VALUE, Parameters.VALUES, guarded=True)
        self.evaluate: Evaluator = make(*operands, general)
        """Gives the answer for a profile's values at a moment."""
        self.general = general
        """The same, whatever the types of the values."""
        self.fields = fields
        """The fields the answer depends on; EVERY_FIELD where any can change it."""
        self.clock = clock
        alone = bool(clock.grain) and not fields
        self.foretell: Evaluator = _kept(self.evaluate) if alone else self.evaluate
        """The same as evaluate, for later moments."""
        self.answering = answering_of(node)

    @property
    def uses_now(self) -> bool:
        """Whether the answer can change by the passing of time alone."""
        return self.clock.ticks


def _kept(evaluate: Evaluator) -> Evaluator:
    """What looks at the clock alone answers the same for every profile."""
    answer_at = lru_cache(maxsize=MOST_KEPT)(lambda when: evaluate({}, when))
    return lambda values, when: answer_at(when)


class Answers(dict[Condition, Any]):
    """The answers of conditions for one profile at one instant, found as asked for."""

    __slots__ = ("_clocks", "_steps", "_values", "included", "now")

    def __init__(self, values: Values, now: datetime) -> None:
        self._values = values
        self.now = now
        self._steps: dict[Condition, Steps] = {}
        self._clocks: dict[Condition, Clock] = {}
        self.included: dict[SharedFilter, Any] = {}
        """The answers of whole filters, as filters that include them see them."""

    def __missing__(self, condition: Condition) -> Any:
        answer = self[condition] = condition.evaluate(self._values, self.now)
        return answer

    def forget(self, conditions: Iterable[Condition]) -> None:
        """The values these conditions read have changed."""
        self.included.clear()
        self._clocks.clear()
        for condition in conditions:
            self.pop(condition, None)
            self._steps.pop(condition, None)

    def steps(self, condition: Condition) -> Steps:
        """How the condition's answer changes if nothing but time passes."""
        steps = self._steps.get(condition)
        if steps is None:
            clock = self.clock(condition)
            steps = clock.steps(condition.evaluate, self._values, self.now)
            self._steps[condition] = steps
        return steps

    def clock(self, condition: Condition) -> Clock:
        """How time can change the condition's answer, with these values."""
        if not condition.clock.readers:
            return condition.clock
        clock = self._clocks.get(condition)
        if clock is None:
            clock = condition.clock.seen(self._values, self.now)
            self._clocks[condition] = clock
        return clock

    def timed(self, condition: Condition) -> Timed:
        """The condition in pieces of the time to come."""
        pieces = self.clock(condition).pieces(
            condition.foretell, self._values, self.now
        )
        return Timed(pieces, _OUTCOMES[condition.answering])


class Later(Answers):
    """Answers at a later instant: those that time has changed, else as before."""

    __slots__ = ("_before",)

    def __init__(self, before: Answers) -> None:
        self._before = before
        self.included = {}

    def change(self, answers: Mapping[Condition, Any]) -> None:
        """Time has come to give these conditions other answers."""
        self.update(answers)
        self.included.clear()

    def __missing__(self, condition: Condition) -> Any:
        answer = self[condition] = self._before[condition]
        return answer
