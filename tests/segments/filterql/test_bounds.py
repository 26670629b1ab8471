"""No filter and no profile can make an evaluation take without end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.filterql import FilterQLError, parse_expression
from segments.filterql.jmespaths import NoAnswerError, compiled, search
from segments.filterql.like import matcher
from segments.filterql.values import MISSING, Mixed
from tests.segments.filterql.asking import NOW, ask, value_of

LONG = 60_000
DOUBLING = "|".join(["[@,@][]"] * 60)
NESTING = "|".join(["[@,@]"] * 60)


def seconds_of(call: Callable[[], object]) -> float:
    """The least of three times."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 30 + "b", "*?a" * 30 + "b", "%" * 100 + "b", "*[a-c]*[^x]*" * 9 + "b"],
)
def test_like_takes_as_long_as_the_text_is(pattern: str) -> None:
    matches = matcher(pattern)
    short = seconds_of(lambda: matches("a" * LONG))
    long = seconds_of(lambda: matches("a" * LONG * 8))

    assert matches("a" * LONG) is False
    assert long < 0.05 + 8 * 4 * short


@pytest.mark.parametrize("item", ["a", 5, 5.5, NOW, True])
def test_long_lists_are_compared_at_once(item: Any) -> None:
    left, right = Mixed([item] * LONG), Mixed(["no"] * LONG)
    began = time.perf_counter()

    assert ask("x INTERSECTS y", {"x": left, "y": right}) == (False, True)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "expression",
    [
        "replace(" * 30 + '"a"' + ', "a", "aaaaaaaaaa")' * 30,
        'replace("", "", x)',
        "replace(x, '', x)",
        'join(split(x, "a"), x)',
        "encoding.b64encode(" * 60 + "x" + ")" * 60,
        f'json.jmespath("[1]", "{DOUBLING}")',
        f'json.jmespath("[1]", "{NESTING}")',
        f'json.jmespath("[1]", "to_string({NESTING})")',
        'json.jmespath(y, "join(s, l)")',
        "strftime(now(), replace(x, 'a', '%c'))",
    ],
)
def test_what_would_grow_without_end_is_not_ok(expression: str) -> None:
    many = json.dumps({"s": "a" * LONG, "l": ["a"] * LONG})
    began = time.perf_counter()

    found = value_of(expression, {"x": "a" * LONG, "y": many})

    assert found is MISSING or len(found) <= LONG
    assert time.perf_counter() - began < 5


def test_a_large_document_is_searched() -> None:
    rows = json.dumps([{"id": n, "tags": ["a", "b"]} for n in range(1_000)])

    assert value_of('json.jmespath(x, "length([?id > `500`])")', {"x": rows}) == 499
    assert len(value_of('json.jmespath(x, "[].tags[]")', {"x": rows})) == 2_000


@pytest.mark.parametrize(
    "path", ["a[" + "1" * 5_000 + "]", "a." * 600 + "a", "(" * 900]
)
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(FilterQLError, match="is no JMESPath"):
        parse_expression(f'json.jmespath(x, "{path}")')


PATHS = (
    *("@", "a", "b", "*", "[0]", "[-1]", "[*]", "[]", "[::2]", "[?a > `1`]", "[@, @]"),
    *(
        "{a: @, b: a}",
        "length(@)",
        "sort(@)",
        "to_string(@)",
        "to_number(@)",
        "keys(@)",
    ),
    *("ceil(@)", "floor(@)", "abs(@)", "avg(@)", "sum(@)", "max(@)", "join('', @)"),
    *("sort_by(@, &a)", "max_by(@, &a)", "map(&a, @)", "merge(@, @)", "reverse(@)"),
    *("type(@)", "not_null(@, a)", "contains(@, a)", "starts_with(@, 'a')", "!@"),
    *("to_array(@)", "values(@)", "items(@)", "a || b", "a && b", "a == b", "[::0]"),
)
paths = st.lists(st.sampled_from(PATHS), min_size=1, max_size=5).map(" | ".join)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(("a", "b")), inner, max_size=2)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(paths | st.text(max_size=20), documents.map(json.dumps) | st.text(max_size=20))
def test_any_path_over_any_document_answers_or_not(path: str, document: str) -> None:
    prepared = compiled(path)
    if prepared is None:
        return
    try:
        search(prepared, document)
    except NoAnswerError:
        return
