"""Filters that include others."""

from __future__ import annotations

import pytest

from segments.filterql import (
    EVERY_FIELD,
    Compiled,
    FilterQLError,
    check_includes,
    compile_filter,
    fields_of,
    includes_of,
    parse_filter,
    uses_now,
)
from segments.filterql.limits import LONGEST_INCLUDE_PATH
from segments.filterql.statements import Statement
from tests.segments.filterql.asking import FALSE, NOT_OK, NOW, TRUE, ask

OTHERS = {
    "yes": "x == 1",
    "no": "x == 2",
    "everyone": "*",
    "broken": "gone BETWEEN 1 AND 2",
    "text": "s",
    "negated": "NOT INCLUDE yes",
    "nested": "AND (INCLUDE yes, INCLUDE everyone)",
    "dangling": "OR (x == 1, INCLUDE nobody)",
}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("INCLUDE yes", TRUE),
        ("INCLUDE YES", TRUE),
        ("NOT INCLUDE yes", FALSE),
        ("INCLUDE no", FALSE),
        ("NOT (INCLUDE no)", TRUE),
        ("INCLUDE everyone", TRUE),
        ("NOT INCLUDE everyone", FALSE),
        ("INCLUDE broken", NOT_OK),
        ("NOT INCLUDE broken", TRUE),
        ("NOT NOT INCLUDE broken", NOT_OK),
        ("INCLUDE text", NOT_OK),
        ("INCLUDE negated", FALSE),
        ("NOT INCLUDE negated", TRUE),
        ("INCLUDE nested", TRUE),
        ("INCLUDE nobody", NOT_OK),
        ("NOT INCLUDE nobody", NOT_OK),
        ("OR (x == 1, INCLUDE nobody)", TRUE),
        ("AND (x == 1, INCLUDE nobody)", NOT_OK),
        ("INCLUDE dangling", NOT_OK),
        ("NOT INCLUDE dangling", NOT_OK),
        ("INCLUDE yes AND INCLUDE no", FALSE),
        ("INCLUDE yes OR INCLUDE nobody", TRUE),
    ],
)
def test_it_includes(condition: str, answer: tuple[bool, bool]) -> None:
    assert ask(condition, {"x": 1, "s": "a"}, **OTHERS) == answer


def test_without_a_source_nothing_is_included() -> None:
    compiled = compile_filter(parse_filter("FILTER NOT INCLUDE yes"))

    assert compiled.evaluate({}, NOW) == NOT_OK
    assert compiled.resolved is False


def test_a_circle_is_an_error_that_names_the_path() -> None:
    circle = {"a": "INCLUDE b", "b": "AND (x == 1, INCLUDE c)", "c": "INCLUDE a"}

    with pytest.raises(FilterQLError, match="in a circle: a -> b -> c -> a"):
        ask("INCLUDE a", {}, **circle)


def test_a_diamond_is_no_circle() -> None:
    diamond = {
        "top": "AND (INCLUDE left, INCLUDE right)",
        "left": "INCLUDE yes",
        "right": "INCLUDE yes",
        "yes": "x == 1",
    }

    assert ask("INCLUDE top", {"x": 1}, **diamond) == TRUE


def test_a_long_way_of_includes_is_an_error() -> None:
    way = {f"s{i}": f"AND (x == 1, INCLUDE s{i + 1})" for i in range(500)}

    with pytest.raises(FilterQLError, match=r"include one another|nested too deeply"):
        ask("INCLUDE s0", {}, **way, s500="x == 1")


def test_deep_filters_that_include_deep_filters_are_an_error() -> None:
    deep = "NOT (x == 1 OR " * 45 + "INCLUDE next" + ")" * 45

    with pytest.raises(FilterQLError, match="nested too deeply"):
        ask("INCLUDE first", {}, first=deep, next=deep)


def test_a_failed_compilation_leaves_nothing_behind() -> None:
    for _ in range(2):
        with pytest.raises(FilterQLError):
            ask("INCLUDE a", {}, a="INCLUDE a")
    assert ask("INCLUDE a", {"x": 1}, a="x == 1") == TRUE


def _find(name: str) -> Statement | None:
    return parse_filter(f"FILTER {OTHERS[name]}") if name in OTHERS else None


def test_checking_accepts_what_is_known() -> None:
    check_includes(
        parse_filter("FILTER INCLUDE nested OR INCLUDE yes"), _find, own_names=["new"]
    )


def test_checking_a_filter_without_a_condition_finds_nothing() -> None:
    check_includes(None, lambda name: None)
    check_includes(parse_filter("FILTER INCLUDE a"), {"a": Statement(None)}.get)


def test_checking_refuses_what_is_nested_too_deeply() -> None:
    chain = {
        f"f{number}": parse_filter(f"FILTER INCLUDE f{number + 1}")
        for number in range(LONGEST_INCLUDE_PATH + 1)
    }

    with pytest.raises(FilterQLError, match="nested too deeply through INCLUDE: new"):
        check_includes(parse_filter("FILTER INCLUDE f0"), chain.get, own_names=["new"])


def test_checking_refuses_an_unknown_filter_and_says_where() -> None:
    statement = parse_filter("FILTER AND (\n x == 1,\n INCLUDE nobody\n)")

    with pytest.raises(FilterQLError, match="no segment is named nobody") as caught:
        check_includes(statement, _find, own_names=["new"])
    assert (caught.value.line, caught.value.column) == (3, 10)


def test_checking_names_the_way_to_an_unknown_filter() -> None:
    with pytest.raises(FilterQLError, match=r"nobody \(through new -> dangling\)"):
        check_includes(
            parse_filter("FILTER INCLUDE dangling"), _find, own_names=["new"]
        )


def test_checking_finds_the_circle_a_new_filter_would_close() -> None:
    statement = parse_filter("FILTER INCLUDE nested ALIAS yes")

    with pytest.raises(FilterQLError, match="circle: yes -> nested -> yes"):
        check_includes(statement, _find, own_names=["yes", "0a1b"])


def test_checking_refuses_a_filter_that_includes_itself_by_id() -> None:
    with pytest.raises(FilterQLError, match="circle"):
        check_includes(
            parse_filter("FILTER INCLUDE 0A1B"), _find, own_names=["me", "0a1b"]
        )


def test_a_compiled_filter_knows_what_it_depends_on() -> None:
    text = "FILTER AND (a.b > 1, INCLUDE recent, INCLUDE other, `c`.`d` == 1, `e.f`)"
    named = {
        "recent": compile_filter(parse_filter('FILTER seen > "now-1d"')),
        "other": compile_filter(parse_filter("FILTER x == 1")),
    }

    def include(name: str) -> Compiled | None:
        return named.get(name)

    compiled = compile_filter(parse_filter(text), include)

    assert compiled.fields == {"a.b", "a", "c", "c.d", "e.f", "seen", "x"}
    assert compiled.uses_now
    assert compiled.resolved
    assert fields_of(parse_filter(text)) == {"a.b", "a", "c", "c.d", "e.f"}
    assert includes_of(parse_filter(text)) == {"recent", "other"}
    assert not uses_now(parse_filter(text))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('x > "now-1d"', True),
        ('x > "NOW"', True),
        ("x > now()", True),
        ('x IN ("a", "now-1d")', True),
        ('x == "nowhere"', False),
        ("now > 5", False),
        ("x > 5", False),
    ],
)
def test_it_knows_whether_time_alone_can_change_it(
    condition: str, expected: bool
) -> None:
    assert uses_now(parse_filter(f"FILTER {condition}")) is expected


def test_a_function_may_read_every_field() -> None:
    statement = parse_filter('FILTER len(match("score_")) > x')

    assert fields_of(statement) == {EVERY_FIELD, "x"}
    assert compile_filter(statement).fields == {EVERY_FIELD, "x"}


def test_a_filter_without_a_condition_refers_to_nothing() -> None:
    empty = parse_filter("FILTER")

    assert fields_of(empty) == includes_of(None) == frozenset()
    assert not uses_now(empty)
    assert compile_filter(None).evaluate({}, NOW) == NOT_OK
