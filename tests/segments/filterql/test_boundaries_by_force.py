"""Boundaries of random filters beside a walk over a fine grid of instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import Answers, Conditions, Node, SharedFilter, compile_filter
from tests.segments.filterql.oracle import oracle, tree

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
START = datetime(2024, 2, 28, 22, 30, 0, 250_000, tzinfo=UTC)
GRID_S = 120
"""How far the fine grid goes, in seconds."""
DAYS = 800
"""How far the coarse grid goes."""


def conditions(units: str, most: int) -> st.SearchStrategy[str]:
    """Conditions on x, y and z that look at the clock, or do not."""
    shift = st.builds(
        '"now{:+d}{}"'.format, st.integers(-most, most), st.sampled_from(units)
    )
    field = st.sampled_from(("x", "y", "z", "todate(x)", "m.x"))
    sign = st.sampled_from((">", ">=", "<", "<=", "==", "!="))
    return st.one_of(
        st.builds("{} {} {}".format, field, sign, shift),
        st.builds("{} {} {}".format, shift, sign, field),
        st.builds("{} BETWEEN {} AND {}".format, field, shift, shift),
        st.builds('{} BETWEEN "2024-02-28" AND {}'.format, field, shift),
        st.builds("NOT ({} BETWEEN {} AND {})".format, field, shift, shift),
        st.sampled_from(("x > now()", "flag", "EXISTS z", "n > 5", "NOT EXISTS y")),
    )


def filters(units: str, most: int) -> st.SearchStrategy[str]:
    return st.recursive(
        conditions(units, most) | st.sampled_from(("INCLUDE one", "NOT INCLUDE two")),
        lambda inner: st.one_of(
            st.builds("NOT ({})".format, inner),
            st.builds("AND ({}, {})".format, inner, inner),
            st.builds("OR ({}, {}, {})".format, inner, inner, inner),
            st.builds("({}) AND ({})".format, inner, inner),
            st.builds("({}) OR ({})".format, inner, inner),
        ),
        max_leaves=6,
    )


def people(moments: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    either = moments | st.lists(moments, max_size=2) | st.sampled_from((None, "text"))
    return st.fixed_dictionaries(
        {"x": moments},
        optional={
            "y": either,
            "z": either,
            "m": st.fixed_dictionaries({"x": moments}),
            "flag": st.booleans(),
            "n": st.sampled_from((5, 6, "7")),
        },
    )


near = st.integers(-GRID_S * 4, GRID_S * 8).map(
    lambda quarters: START + quarters * timedelta(milliseconds=250)
)
far = st.integers(-400 * 86400, 400 * 86400).map(
    lambda seconds: START + timedelta(seconds=seconds)
)
month_ends = st.builds(
    lambda year, month, days, hours: (
        datetime(year, month, 1, tzinfo=UTC) + timedelta(days=days, hours=hours)
    ),
    st.integers(2023, 2026),
    st.integers(1, 12),
    st.integers(-4, 3),
    st.sampled_from((0, 5, 23)),
)


class Asked:
    """A filter, its boundaries and what it truly answers."""

    def __init__(self, text: str, one: str, two: str, values: dict[str, Any]) -> None:
        self.node = tree(text)
        self.values = values
        self.named = {"one": tree(one), "two": tree(two)}
        together = Conditions()

        def include(name: str) -> SharedFilter | None:
            return together.compile(self.named[name], include)

        self.filter = together.compile(self.node, include)

    def truth(self, when: datetime) -> bool:
        return oracle(self.node, self.values, when, self.named) is True

    def boundary(self, now: datetime) -> datetime | None:
        answers = Answers(self.values, now)
        assert self.filter.matches(answers) is self.truth(now)
        return self.filter.boundary(answers)

    def boundaries(self, until: datetime) -> list[datetime]:
        """Each boundary from the one before, all of them real changes."""
        found: list[datetime] = []
        now = START
        while (when := self.boundary(now)) is not None and when < until:
            assert now < when
            assert self.truth(when) is not self.truth(now)
            assert self.truth(when - MICROSECOND) is self.truth(now)
            found.append(when)
            now = when
        return found

    def check(self, grid: list[datetime]) -> None:
        """Between two boundaries the answer stays, wherever one looks."""
        turns = self.boundaries(grid[-1])
        present = self.truth(START)
        for instant in grid:
            while turns and turns[0] <= instant:
                turns.pop(0)
                present = not present
            assert self.truth(instant) is present, instant


def no_include(text: str) -> bool:
    return "INCLUDE" not in text


@settings(max_examples=120, deadline=None)
@given(
    filters("smh", 9),
    filters("s", 60).filter(no_include),
    conditions("sm", 2),
    people(near),
)
def test_second_by_second(
    text: str, one: str, two: str, values: dict[str, Any]
) -> None:
    grid = [START + count * SECOND / 2 for count in range(GRID_S * 2)]

    Asked(text, one, two, values).check(grid)


@settings(max_examples=60, deadline=None)
@given(
    filters("yMMwd", 14),
    filters("M", 5).filter(no_include),
    conditions("d", 300),
    people(far | month_ends),
)
def test_through_months_and_years(
    text: str, one: str, two: str, values: dict[str, Any]
) -> None:
    days = [START + count * timedelta(days=1) for count in range(DAYS)]
    midnights = [
        day.replace(hour=0, minute=0, second=0, microsecond=0) for day in days[1:]
    ]
    grid = sorted(
        [*days, *midnights, *(midnight - MICROSECOND for midnight in midnights)]
    )

    Asked(text, one, two, values).check(grid)


free = st.sampled_from(
    (
        "hourofday() == 3",
        "dayofweek() == 4",
        "totimestamp(now()) - totimestamp(x) > 7200",
        'totimestamp(todate("now-3h")) > totimestamp(x)',
        'todate("now-1M") > todate("now-30d")',
        'x > "now-5h"',
        "timewindow(z, 1, 1)",
        "flag",
    )
)
hours = st.integers(-40, 40).map(lambda count: START + count * timedelta(minutes=37))


@settings(max_examples=60, deadline=None)
@given(free, free, st.sampled_from(("AND", "OR")), people(hours))
def test_free_uses_of_the_clock_are_found_within_the_day(
    one: str, other: str, word: str, values: dict[str, Any]
) -> None:
    """Never too late; what is asked again for nothing is so a day later."""
    node: Node = tree(f"{word} ({one}, NOT ({other}))")
    filter_ = compile_filter(node)
    now, until = START, START + timedelta(days=2)
    present = oracle(node, values, now) is True
    while now < until:
        when = filter_.boundary(values, now) or until
        asked = [now + count * HOUR / 6 for count in range(1, 300)]
        for instant in (each for each in asked if each < min(when, until)):
            assert (oracle(node, values, instant) is True) is present
        turned = oracle(node, values, when) is True
        assert turned is not present or when >= now + 23 * HOUR
        if turned is not present:
            assert (oracle(node, values, when - MICROSECOND) is True) is present
        now, present = when, turned
