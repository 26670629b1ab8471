"""The language's page says what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import segments.filterql
from segments.filterql import FilterQLError, functions, jmespaths, limits, parse_filter
from segments.filterql.grammar import RESERVED
from segments.filterql.protocol import answer
from segments.filterql.wire import encode
from tests.conformance.scoring import WANTED
from tests.conformance.vectors import FILES
from tests.segments.filterql.asking import FALSE, NOT_OK, NOW, TRUE, ask, value_of

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
        limits.LONGEST_RESULT,
        jmespaths.LONGEST_PATH,
        jmespaths.MOST_BUILT,
    ],
)
def test_every_limit_is_named(limit: int) -> None:
    assert f"{limit:,}" in PAGE


@pytest.mark.parametrize("word", sorted(RESERVED - {"AS", "SELECT"}))
def test_every_reserved_word_is_there(word: str) -> None:
    assert word in PAGE.upper()


def _section(title: str) -> str:
    return PAGE.partition(f"\n{title}\n")[2].partition("\n## ")[0]


def _blocks(section: str) -> list[str]:
    """What stands between fences, without the name of a language."""
    return [block.partition("\n")[2] for block in section.split("```")[1::2]]


def _cells(section: str) -> list[list[str]]:
    """The rows of the first table, without its head."""
    table = section.partition("|---")[2].partition("\n\n")[0]
    return [row.strip("| ").split(" | ") for row in table.splitlines()[1:]]


ANSWERS = {"true": TRUE, "**true**": TRUE, "false": FALSE, "not ok": NOT_OK}
MISSING_AND_NULL = [
    (condition, *answers)
    for conditions, *answers in _cells(PAGE.partition("### A field that is missing")[2])
    for condition in re.findall("`([^`]+)`", conditions)
]


@pytest.mark.parametrize(("condition", "missing", "null"), MISSING_AND_NULL)
def test_missing_and_null_answer_as_the_page_says(
    condition: str, missing: str, null: str
) -> None:
    assert ask(condition, {}) == ANSWERS[missing]
    assert ask(condition, {"x": None}) == ANSWERS[null]


def test_every_public_name_is_there() -> None:
    names = {
        name
        for row in _cells(_section("## In Python"))
        for name in re.findall(r"`(\w+)`", row[0])
    }

    assert names == set(segments.filterql.__all__)


def test_the_example_in_python_runs() -> None:
    (example,) = _blocks(_section("## In Python"))

    exec(compile(example, "docs/filterql.md", "exec"), {})


def test_the_command_answers_as_the_page_says() -> None:
    (transcript,) = _blocks(_section("## On the command line"))
    lines = transcript.splitlines()

    for asked, told in zip(lines[::2], lines[1::2], strict=True):
        question = re.search(r"echo '(.*)' \|", asked)
        assert question
        assert answer(question[1], lambda: NOW) == json.loads(told)


def test_the_error_is_as_the_page_says() -> None:
    (shown,) = _blocks(_section("## Errors and warnings"))

    with pytest.raises(FilterQLError) as caught:
        parse_filter('FILTER AND (\n  email CONTANS "x"\n)')
    assert caught.value.pretty() == shown.rstrip("\n")


def test_the_columns_are_read() -> None:
    (example,) = _blocks(_section("## Columns"))
    columns = parse_filter(example).columns

    assert [column.name for column in columns] == ["email", None, None]
    assert [column.condition is None for column in columns] == [True, False, True]


def test_the_score_will_do() -> None:
    (score,) = _blocks(_section("## Agreement"))
    rows = [row.split() for row in score.splitlines()[1:]]

    assert [name for name, *_ in rows] == list(FILES)
    for _, agree, counted, share, _ in rows:
        assert int(agree) / int(counted) >= WANTED
        assert share == f"{int(agree) / int(counted):.2%}"
