"""What the page and the scripts call the operators is what the builder shows."""

from __future__ import annotations

import re
from pathlib import Path

from segments.definitions.builder.operators import (
    ANY_OF,
    COMPARISONS,
    FROM_NOW,
    LISTS,
    UNITS,
)
from segments.definitions.builder.shown import shown
from segments.filterql import parse_filter, to_ast

ROOT = Path(__file__).resolve().parents[4]
SCRIPTS = ROOT / "segments/definitions/static/definitions/editor"
ROWS = re.findall(
    r"^\| (.+?) \| `(.+)` \|$", (ROOT / "docs/editor.md").read_text(), re.MULTILINE
)
OPERATORS = COMPARISONS | ANY_OF | LISTS | {*FROM_NOW, "between", "has", "exists"}


def model_of(text):
    return shown(to_ast(parse_filter(f"FILTER {text}")))


def test_every_filter_on_the_page_is_shown_without_text():
    assert len(ROWS) > 25
    assert [text for _, text in ROWS if model_of(text)["kind"] == "text"] == []


def test_every_operator_is_on_the_page():
    models = [model_of(text) for _, text in ROWS]

    assert {each["operator"] for each in models if "operator" in each} == OPERATORS


def test_the_page_uses_the_words_of_the_scripts():
    scripts = "".join(path.read_text() for path in SCRIPTS.glob("*.js"))

    assert [words for words, _ in ROWS if f'"{words}"' not in scripts] == []


def test_the_scripts_know_every_operator_and_unit():
    script = (SCRIPTS / "operators.js").read_text()
    labels = script.partition("const LABELS = {")[2].partition("};")[0]
    known = set(re.findall(r'^  "?(?:not )?([^\s":]+)"?:', labels, re.MULTILINE))
    units = re.search(r"UNITS = \{(.*)\}", script)

    assert known == OPERATORS
    assert set(re.findall(r"(\w): ", units[1])) == set(UNITS)
