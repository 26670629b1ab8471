"""The language's page says what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from segments.filterql import functions, limits
from segments.filterql.grammar import RESERVED

PAGE = (Path(__file__).parents[3] / "docs" / "filterql.md").read_text()


@pytest.mark.parametrize("function", functions.everything(), ids=lambda f: f.name)
def test_every_function_has_its_row(function: functions.Function) -> None:
    names = (function.signature, *function.aliases)
    row = f"| {', '.join(f'`{name}`' for name in names)} | {function.summary} |"

    assert function.summary
    assert row in PAGE.splitlines()


def test_no_row_is_without_a_function() -> None:
    section = PAGE.partition("## Functions")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]

    assert len(rows) == len(functions.everything())


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
