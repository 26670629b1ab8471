"""Filters that share their conditions, so that each is evaluated once a profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any
from weakref import WeakValueDictionary

from segments.filterql.answers import Answers, Condition, Later
from segments.filterql.changes import Step
from segments.filterql.clocks import clock_of
from segments.filterql.evaluators import Evaluators
from segments.filterql.foresight import Foresight, Search
from segments.filterql.generation import (
    Asked,
    Parameters,
    function_leaf,
    maker,
)
from segments.filterql.identity import Identity, identity_of
from segments.filterql.inclusion import Inclusions, below
from segments.filterql.nodes import Include, Node, walk
from segments.filterql.references import fields_of
from segments.filterql.shapes import (
    UNKNOWN,
    Answering,
    Layout,
    Leaf,
    Operands,
    Shape,
    Template,
)
from segments.filterql.statements import Statement
from segments.filterql.values import MISSING, Evaluator

_CONDITIONS = {
    answering: Shape(
        "leaf",
        template=Template(
            1,
            "answers[{0}] is True",
            "answers[{0}] is False",
            "answers[{0}]",
            answering,
        ),
    )
    for answering in Answering
}
_INCLUDED = Shape(
    "leaf",
    template=Template(
        1,
        "{0}.condition(answers) is True",
        "{0}.condition(answers) is False",
        "{0}.condition(answers)",
    ),
)
_NOT_INCLUDED = Shape(
    "leaf",
    template=Template(
        1,
        "{0}.condition(answers) is not True",
        "{0}.condition(answers) is True",
        "{0}.condition(answers) is not True",
    ),
)


class SharedFilter:
    """A filter over shared conditions, to be asked with the answers of a profile."""

    __slots__ = (
        "_operands",
        "_shape",
        "_timed",
        "_value",
        "clocked_by",
        "conditions",
        "fields",
        "matches",
        "recurs",
        "resolved",
        "uses_now",
    )

    def __init__(
        self,
        shape: Shape,
        operands: Operands,
        conditions: tuple[Condition, ...],
        *,
        resolved: bool,
    ) -> None:
        self.matches: Callable[[Answers], bool] = maker(
            shape, Asked.TRUE, Parameters.ANSWERS
        )(*operands)
        """Whether the filter matches."""
        self.conditions = conditions
        """What it asks, and what the filters it includes ask, each once."""
        self.fields = frozenset[str]().union(*(each.fields for each in conditions))
        """The fields the answer depends on, those of included filters too."""
        self.resolved = resolved
        """Whether every filter it includes, and those include, is known."""
        self._timed = tuple(each for each in conditions if each.uses_now)
        self.uses_now = bool(self._timed)
        """Whether the answer can change by the passing of time alone."""
        self.clocked_by = self._timed[0] if len(self._timed) == 1 else None
        """The one condition whose changes are the only ones that time brings."""
        self.recurs = any(each.clock.recurs for each in self._timed)
        """Whether changes without an end are possible."""
        self._shape = shape
        self._operands = operands
        self._value: Callable[[Answers], Any] | None = None

    def value(self, answers: Answers) -> Any:
        """The value of the expression, MISSING where it cannot be evaluated."""
        if self._value is None:
            make = maker(self._shape, Asked.VALUE, Parameters.ANSWERS)
            self._value = make(*self._operands)
        return self._value(answers)

    def condition(self, answers: Answers) -> Any:
        """The value as another filter sees it that includes this one."""
        included = answers.included
        if self not in included:
            value = self.value(answers)
            included[self] = value if type(value) is bool else MISSING
        return included[self]

    def boundary(self, answers: Answers) -> datetime | None:
        """The next instant at which the match changes if nothing but time passes.

        A filter whose changes may have no end, and of which none is found before the
        search ends, is to be asked again then.
        """
        if not self._timed:
            return None
        if self._recurs_with(answers):
            step, seen_until = self._searched(answers, self.matches)
            return seen_until if step is None else step.when
        if self.clocked_by is not None:
            return self._first_change_of_one(answers, self.clocked_by)
        found = self._first_step(answers, self.matches)
        return None if found is None else found.when

    def next_match(self, answers: Answers) -> Foresight:
        """The next change of whether it matches, if nothing but time passes."""
        return self._foreseen(answers, self.matches)

    def next_condition(self, answers: Answers) -> Foresight:
        """The next change of the answer: true, false or MISSING."""
        return self._foreseen(answers, self.condition)

    def _foreseen(self, answers: Answers, ask: Callable[[Answers], Any]) -> Foresight:
        if self._recurs_with(answers):
            return self._searched(answers, ask)
        return Foresight(self._first_step(answers, ask))

    def _recurs_with(self, answers: Answers) -> bool:
        return self.recurs and any(answers.clock(each).grain for each in self._timed)

    def _searched(self, answers: Answers, ask: Callable[[Answers], Any]) -> Foresight:
        timed = sorted(self._timed, key=lambda each: answers.clock(each).grain)
        later = Later(answers)

        def ask_with(found: Iterable[Any]) -> Any:
            later.change(dict(zip(timed, found, strict=True)))
            return ask(later)

        search = Search([answers.timed(each) for each in timed], ask_with)
        return search.first(ask(answers), answers.now)

    def _first_change_of_one(
        self, answers: Answers, timed: Condition
    ) -> datetime | None:
        """When the match changes first, where one condition uses the clock.

        Nearly all filters that use it are such, and most are decided by the others.
        """
        steps = answers.steps(timed)
        if not steps:
            return None
        matches = self.matches
        present = matches(answers)
        held = answers[timed]
        try:
            for when, answer in steps:
                answers[timed] = answer
                answers.included.clear()
                if matches(answers) is not present:
                    return when
        finally:
            answers[timed] = held
            answers.included.clear()
        return None

    def _first_step(
        self, answers: Answers, ask: Callable[[Answers], Any]
    ) -> Step | None:
        present = ask(answers)
        later = Later(answers)
        for when, changes in self._changes(answers):
            later.change(changes)
            found = ask(later)
            if found is not present:
                return Step(when, found)
        return None

    def _changes(
        self, answers: Answers
    ) -> Iterator[tuple[datetime, dict[Condition, Any]]]:
        """The instants at which conditions change, with their answers from then on."""
        steps = [
            (when, condition, answer)
            for condition in self._timed
            for when, answer in answers.steps(condition)
        ]
        if len(self._timed) > 1:
            steps.sort(key=itemgetter(0))
        changes: dict[Condition, Any] = {}
        for number, (when, condition, answer) in enumerate(steps, 1):
            changes[condition] = answer
            if number == len(steps) or steps[number][0] != when:
                yield when, changes
                changes = {}


IncludeShared = Callable[[str], SharedFilter | None]
Find = Callable[[Include], SharedFilter | None]


class Conditions:
    """Makes filters of which equal conditions are one.

    Conditions that no filter asks any more are forgotten.
    """

    def __init__(self) -> None:
        self._known: WeakValueDictionary[Identity, Condition] = WeakValueDictionary()

    def compile(
        self, source: Statement | Node | None, include: IncludeShared | None = None
    ) -> SharedFilter:
        """Prepare a filter; included ones are asked for by name as they are met.

        A name that `include` does not know makes the INCLUDE not evaluable. A filter
        that includes itself, directly or through others, is an error that names the
        path.
        """
        node = source.expression if isinstance(source, Statement) else source
        if node is None:
            return SharedFilter(UNKNOWN, (), (), resolved=True)
        with below(node):
            return _Sharing(self, include).compile(node)

    def condition(self, node: Node, find: Find) -> Condition:
        """The one condition of this content; what holds an INCLUDE is not shared."""
        identity = identity_of(node)
        condition = self._known.get(identity)
        if condition is None:
            condition = _condition(node, find)
            if not any(isinstance(part, Include) for part in walk(node)):
                self._known[identity] = condition
        return condition


class _Sharing:
    """Prepares one filter."""

    def __init__(self, conditions: Conditions, include: IncludeShared | None) -> None:
        self._conditions = conditions
        self._inclusions = Inclusions(include)
        self._used: dict[Condition, None] = {}

    def compile(self, node: Node) -> SharedFilter:
        shape, operands = Layout(self._leaf, self._included, self._function).of(node)
        return SharedFilter(
            shape,
            operands,
            tuple(self._used),
            resolved=self._inclusions.all_known
            and all(found.resolved for found in self._inclusions.found),
        )

    def _leaf(self, node: Node) -> Leaf:
        condition = self._conditions.condition(node, self._found)
        self._used[condition] = None
        return _CONDITIONS[condition.answering], (condition,)

    def _included(self, node: Include, negated: bool) -> Leaf:
        found = self._found(node)
        if found is None:
            return UNKNOWN, ()
        self._used.update(dict.fromkeys(found.conditions))
        return _NOT_INCLUDED if negated else _INCLUDED, (found,)

    def _found(self, node: Include) -> SharedFilter | None:
        found = self._inclusions.find(node)
        return found if found is not None and found.resolved else None

    def _function(self, shape: Shape, operands: Operands) -> Leaf:
        return function_leaf(shape, operands, Parameters.ANSWERS)


def _condition(node: Node, find: Find) -> Condition:
    """A condition, which may hold an INCLUDE within a call or a comparison."""
    included: dict[SharedFilter, None] = {}

    def value_of(include: Include) -> Evaluator | None:
        found = find(include)
        if found is None:
            return None
        included[found] = None
        return lambda values, now: found.value(Answers(values, now))

    evaluators = Evaluators(value_of)
    general = evaluators.evaluator(node)
    fields = fields_of(node).union(*(found.fields for found in included))
    clock = clock_of(node, evaluators)
    others = [each.clock for found in included for each in found.conditions]
    if others:
        clock = clock.beside(*others)
    return Condition(node, general, fields, clock)
