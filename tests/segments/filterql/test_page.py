"""The language's page says what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from segments.filterql import functions, limits
from segments.filterql.grammar import RESERVED
from segments.filterql.wire import encode
from tests.segments.filterql.asking import value_of

PAGE = (Path(__file__).parents[3] / "docs" / "filterql.md").read_text()
FUNCTIONS = PAGE.partition("## Functions")[2].partition("\n## ")[0]
ROWS = [line for line in FUNCTIONS.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("function", functions.everything(), ids=lambda f: f.name)
def test_every_function_has_its_row(function: functions.Function) -> None:
    names = (function.signature, *function.aliases)
    row = f"| {', '.join(f'`{name}`' for name in names)} | {function.summary} |"

    assert function.summary
    assert sum(line.startswith(row) for line in ROWS) == 1


def test_no_row_is_without_a_function() -> None:
    assert len(ROWS) == len(functions.everything())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[3:20])
def test_every_example_is_as_the_page_says(row: str) -> None:
    name = re.match(r"\| `([\w.]+)", row)
    example = re.search(r"\| `([^`]+)` is `([^`]+)` \|$", row)
    assert name
    assert example

    told = encode(value_of(example[1], {"score_a": 1, "score_b": 2}))

    assert f"{name[1]}(" in example[1]
    assert told == json.loads(example[2])


@pytest.mark.parametrize(
    "limit",
    [
        limits.LONGEST_TEXT,
        limits.DEEPEST_TEXT,
        limits.DEEPEST_WITH_INCLUDES,
        limits.LONGEST_INCLUDE_PATH,
        limits.LONGEST_PATTERN,
    ],
)
def test_every_limit_is_named(limit: int) -> None:
    assert f"{limit:,}" in PAGE


@pytest.mark.parametrize("word", sorted(RESERVED - {"AS", "SELECT"}))
def test_every_reserved_word_is_there(word: str) -> None:
    assert word in PAGE.upper()
