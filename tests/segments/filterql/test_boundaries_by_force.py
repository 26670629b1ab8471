"""Boundaries of random filters beside a walk over a fine grid of instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import Answers, Conditions, SharedFilter
from tests.segments.filterql.oracle import evaluator_of, tree

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
START = datetime(2024, 2, 28, 22, 30, 0, 250_000, tzinfo=UTC)
GRID_S = 120
"""How far the fine grid goes, in seconds."""
DAYS = 430
"""How far the coarse grid goes."""
AGAIN = timedelta(minutes=5)
"""What is asked again for nothing is so after more."""
HALF_HOURS = 24 * 2 * 8
"""How far the grid of hours goes."""


def conditions(
    units: str, most: int, calendar: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
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
        st.builds("{} {} {}".format, field, sign, field),
        st.builds("x {} y".format, sign),
        st.builds("{} BETWEEN {} AND {}".format, field, field, field),
        st.sampled_from(("x > now()", "flag", "EXISTS z", "n > 5", "NOT EXISTS y")),
        calendar,
        calendar,
    )


field_or_list = st.sampled_from(("x", "y", "z"))


def spans(most: int) -> st.SearchStrategy[str]:
    """Conditions that calculate with now, in seconds."""
    span = st.integers(-most, most).map(str) | st.just("n")
    sign = st.sampled_from((">", ">=", "<", "<=", "==", "!="))
    other = st.sampled_from(
        ("totimestamp(x)", "totimestamp(y)", "toint(x) / 1000", "unixtrunc(x)")
    )
    return st.one_of(
        st.builds("totimestamp(now()) - {} {} {}".format, other, sign, span),
        st.builds("{} + {} {} totimestamp(now())".format, other, span, sign),
        st.builds("{} - toint(now()) / 1000 {} {}".format, other, sign, span),
        st.builds("toint(now()) {} toint(x) + {} * 1000".format, sign, span),
        st.builds("gt(totimestamp(now()), {} + {})".format, other, span),
        st.builds("(0 - totimestamp(now())) / {} {} {}".format, span, sign, span),
        st.builds("unixtrunc(now()) {} {} + {}".format, sign, other, span),
        st.builds("unixtrunc(now()) {} {}".format, sign, other),
        st.builds("{} {} totimestamp(now()) - {}".format, field_or_list, sign, span),
        st.builds("x BETWEEN totimestamp(now()) - {} AND {}".format, span, other),
        st.builds("now() BETWEEN {} AND {}".format, field_or_list, other),
        st.builds(
            "totimestamp(now()) BETWEEN {} AND {} + {}".format, other, other, span
        ),
    )


def parts(functions: tuple[str, ...], most: int) -> st.SearchStrategy[str]:
    """Conditions on parts of the present moment, or of one that moves with it."""
    moment = st.sampled_from(("now()", "todate(y)", 'todate("now-1M")', "todate(z)"))
    part = st.builds(str.format, st.sampled_from(functions), moment | st.just("now()"))
    number = st.integers(0, most).map(str)
    sign = st.sampled_from((">", "<", "==", "!="))
    texts = st.sampled_from(functions)
    return st.one_of(
        st.builds("{} {} {}".format, part, sign, number),
        st.builds("{} IN ({}, {})".format, part, number, number),
        st.builds("{} BETWEEN {} AND {}".format, part, number, number),
        st.builds("toint({}) - {} > {}".format, part, number, number),
        texts.map(lambda text: f"{text.format('now()')} == {text.format('x')}"),
        texts.map(lambda text: f"eq({text.format('x')}, {text.format('now()')})"),
    )


def filters(
    units: str, most: int, calendar: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    return st.recursive(
        conditions(units, most, calendar)
        | st.sampled_from(("INCLUDE one", "NOT INCLUDE two")),
        lambda inner: st.one_of(
            st.builds("NOT ({})".format, inner),
            st.builds("AND ({}, {})".format, inner, inner),
            st.builds("OR ({}, {}, {})".format, inner, inner, inner),
            st.builds("({}) AND ({})".format, inner, inner),
            st.builds("({}) OR ({})".format, inner, inner),
        ),
        max_leaves=6,
    )


def people(
    moments: st.SearchStrategy[Any], units: str, most: int
) -> st.SearchStrategy[dict[str, Any]]:
    moving = st.builds(
        "now{:+d}{}".format, st.integers(-most, most), st.sampled_from(units)
    )
    either = st.one_of(
        moments,
        st.lists(moments, max_size=2),
        st.sampled_from((None, "text", "now")),
        moving,
        st.lists(moving, max_size=2),
    )
    return st.fixed_dictionaries(
        {"x": moments, "y": moving | either},
        optional={
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
        self._evaluate = evaluator_of(self.node, self.named)
        together = Conditions()

        def include(name: str) -> SharedFilter | None:
            return together.compile(self.named[name], include)

        self.filter = together.compile(self.node, include)

    def truth(self, when: datetime) -> bool:
        return self._evaluate(self.values, when) is True

    def boundary(self, now: datetime) -> datetime | None:
        answers = Answers(self.values, now)
        assert self.filter.matches(answers) is self.truth(now)
        return self.filter.boundary(answers)

    def boundaries(self, until: datetime) -> list[datetime]:
        """Each boundary from the one before, all of them real changes, or far away
        where the filter is to be asked again."""
        found: list[datetime] = []
        now = START
        while (when := self.boundary(now)) is not None and when < until:
            assert now < when
            changes = self.truth(when) is not self.truth(now)
            assert changes or (self.filter.recurs and when - now > AGAIN)
            assert self.truth(when - MICROSECOND) is self.truth(now)
            if changes:
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


seconds = spans(60) | parts(
    (
        'strftime({}, "%S")',
        'strftime({}, "%M:%S")',
        'strftime({}, "%H%M")',
        "hourofday({})",
        "totimestamp({}) % 7",
        "seconds(tostring({})) / 1000 % 5",
    ),
    31,
)


@settings(max_examples=80, deadline=None)
@given(
    filters("smh", 9, seconds),
    filters("s", 60, seconds).filter(no_include),
    conditions("sm", 2, seconds),
    people(near, "smhM", 40),
)
def test_second_by_second(
    text: str, one: str, two: str, values: dict[str, Any]
) -> None:
    grid = [START + count * SECOND / 2 for count in range(GRID_S * 2)]

    Asked(text, one, two, values).check(grid)


hours = spans(5 * 86_400) | parts(
    (
        "hourofday({})",
        "hourofweek({})",
        "dayofweek({})",
        'strftime({}, "%H")',
        'strftime({}, "%I")',
        'strftime({}, "%d%H")',
    ),
    30,
)
nearly = st.integers(-HALF_HOURS, HALF_HOURS).map(
    lambda count: START + count * timedelta(minutes=37)
)


@settings(max_examples=120, deadline=None)
@given(
    filters("hd", 30, hours),
    filters("d", 9, hours).filter(no_include),
    conditions("h", 40, hours),
    people(nearly, "hdM", 20),
)
def test_hour_by_hour(text: str, one: str, two: str, values: dict[str, Any]) -> None:
    hour = START.replace(minute=0, second=0, microsecond=0)
    starts = [hour + count * HOUR for count in range(1, HALF_HOURS // 2)]
    grid = sorted(
        [
            *(START + count * HOUR / 2 for count in range(HALF_HOURS)),
            *starts,
            *(start - MICROSECOND for start in starts),
        ]
    )

    Asked(text, one, two, values).check(grid)


days = parts(
    (
        "mm({})",
        "yy({})",
        "yymm({})",
        "dayofweek({})",
        'strftime({}, "%d")',
        'strftime({}, "%m-%d")',
        'strftime({}, "%Y")',
        'todate(strftime({}, "%Y-%m-01"))',
    ),
    31,
)


@settings(max_examples=120, deadline=None)
@given(
    filters("yMMwd", 14, days),
    filters("M", 5, days).filter(no_include),
    conditions("d", 300, days),
    people(far | month_ends, "yMwd", 14),
)
def test_through_months_and_years(
    text: str, one: str, two: str, values: dict[str, Any]
) -> None:
    midnight = START.replace(hour=0, minute=0, second=0, microsecond=0)
    midnights = [midnight + count * timedelta(days=1) for count in range(1, DAYS)]
    grid = sorted(
        [
            *(START + count * timedelta(days=1) for count in range(DAYS)),
            *midnights,
            *(midnight - MICROSECOND for midnight in midnights),
        ]
    )

    Asked(text, one, two, values).check(grid)
