"""How far places are from one another."""

from __future__ import annotations

from typing import Any

import pytest

from segments.filterql import FilterQLError, parse_filter
from segments.filterql.values import MISSING
from tests.segments.filterql.asking import value_of

BERLIN = "52.5200, 13.4050"


def near(value: Any, place: str, kilometres: float) -> Any:
    text = f'geodistance(x, "{place}", {kilometres})'
    return value_of(text, {"x": value})


@pytest.mark.parametrize(
    ("here", "there", "kilometres"),
    [
        (BERLIN, "52.3906,13.0645", 27.2),
        (BERLIN, "53.5511,9.9937", 255.3),
        (BERLIN, BERLIN, 0.0),
        ("0,179.5", "0,-179.5", 111.2),
        ("-33.8688,151.2093", "-37.8136,144.9631", 714.0),
        ("10,350", "10,-10", 0.0),
    ],
)
def test_it_is_as_far_as_on_a_map(here: str, there: str, kilometres: float) -> None:
    assert near(here, there, kilometres + 0.5) is True
    assert near(here, there, max(0.0, kilometres - 0.5)) is (kilometres == 0)


@pytest.mark.parametrize(
    "value", ["52.52,13.405", [52.52, 13.405], {"lat": 52.52, "lon": "13.405"}]
)
def test_a_place_is_a_text_a_list_or_a_map(value: Any) -> None:
    assert near(value, BERLIN, 1) is True


@pytest.mark.parametrize(
    "value",
    [None, "Berlin", "52.52", "52.52,13.4,5", "91,0", [1], {"lat": 1}, 5, "nan,nan"],
)
def test_what_is_no_place_is_not_ok(value: Any) -> None:
    assert near(value, BERLIN, 20_000) is MISSING


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('x, "Berlin", 5', "wants a place"),
        ("x, y, 5", "wants a place"),
        ('x, "52,13", "far"', "number of kilometres"),
        ('x, "52,13"', "takes 3 arguments"),
    ],
)
def test_a_circle_that_is_none_is_refused(arguments: str, message: str) -> None:
    with pytest.raises(FilterQLError, match=message):
        parse_filter(f"FILTER geodistance({arguments})")
