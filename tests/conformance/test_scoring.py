"""What is an agreement, what a difference on purpose, and what neither."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.__main__ import main
from tests.conformance.scoring import Score, details, score, table
from tests.conformance.vectors import FILES, Vector, read

CLOCK = datetime(2026, 5, 20, 12, tzinfo=UTC)
YES = {"match": True, "match_ok": True}
NO = {"match": False, "match_ok": True}


def scored(text: str, expect: dict[str, Any], **more: Any) -> Score:
    data = {"id": "one", "kind": "filter", "ql": text, "expect": expect, "file": "eval"}
    return score("eval", [Vector(data | more)], CLOCK)


def outcome(found: Score) -> str:
    if found.disagreeing:
        return "disagrees"
    return next(iter(found.deviating), "agrees")


@pytest.mark.parametrize(
    ("text", "context", "expect", "wanted"),
    [
        ("FILTER x == 5", {"x": 5}, YES, "agrees"),
        ("FILTER x == 5", {"x": 6}, YES, "disagrees"),
        ("FILTER x == 5", {"x": 6}, {"parse_error": "no"}, "disagrees"),
        ("FILTER x ==", {}, {"parse_error": "no"}, "agrees"),
        ("FILTER x ==", {}, YES, "disagrees"),
        ("FILTER x % 0 == 1", {"x": 5}, {"panic": "no"}, "no panics"),
        ("FILTER -x > 5", {"x": -6}, NO, "minus"),
        ("FILTER x IS NULL", {}, NO, "IS NULL"),
        ("FILTER NOT *", {}, YES, "match_all"),
        ("FILTER INCLUDE *", {}, YES, "disagrees"),
        ('FILTER x LIKE "*b"', {"x": "a/b"}, NO, "stars cross slashes"),
        ('FILTER x LIKE "*b"', {"x": "ab"}, NO, "disagrees"),
        ("FILTER nofunc(x)", {}, NO, "unknown functions"),
        ("FILTER toint(x)", {}, YES, "disagrees"),
        ("FILTER EXISTS(x)", {}, {"parse_error": "no"}, "parentheses"),
        ("FILTER x == 5 -- c\nAND y == 6", {}, {"parse_error": "no"}, "comments"),
        ("FILTER OR (a == 1 AND (b == 1), c)", {"a": 1}, YES, "AND in a list"),
        ("FILTER OR (a == 1 AND b == 1, c)", {"a": 1}, YES, "disagrees"),
        ("FILTER " + "(" * 200 + "x" + ")" * 200, {"x": True}, YES, "deep nesting"),
        (r'FILTER x == "a\\"', {"x": "a\\"}, NO, "escapes"),
        ('FILTER x < "now"', {"x": {"$time": "now-1d"}}, NO, "now"),
        ('FILTER x < "now-1h"', {"x": {"$time": "now-1d"}}, NO, "disagrees"),
    ],
)
def test_an_answer_is_told_from_a_difference(
    text: str, context: dict[str, Any], expect: dict[str, Any], wanted: str
) -> None:
    assert outcome(scored(text, expect, context=context)) == wanted


@pytest.mark.parametrize(
    ("told", "wanted"),
    [("now+43200s", "agrees"), ("now+60s", "due times"), (None, "due times")],
)
def test_a_boundary_that_is_no_change_is_a_difference(
    told: str | None, wanted: str
) -> None:
    boundary = {"boundary": {"$time": told} if told else None, "ok": True}
    found = scored(
        'FILTER x > "now-1d"',
        YES | boundary,
        kind="boundary",
        file="datemath",
        context={"x": {"$time": "now-12h"}},
    )

    assert outcome(found) == wanted


def test_a_boundary_of_ours_that_is_no_change_would_disagree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = "segments.filterql.compiled.Compiled.boundary"
    monkeypatch.setattr(late, lambda self, values, now: None)

    test = test_a_boundary_that_is_no_change_is_a_difference
    with pytest.raises(AssertionError, match="disagrees"):
        test("now+60s", "due times")


@pytest.mark.parametrize(
    ("text", "expect", "wanted"),
    [
        ("FILTER x > 5", {"canonical": "x > 5", "identities": ["x"]}, "agrees"),
        ("FILTER x > 5", {"canonical": "x >= 5"}, "disagrees"),
        ("FILTER x > 5", {"canonical": "x > 5", "identities": ["y"]}, "disagrees"),
        ("FILTER x > 5", {"canonical": "x > 5", "limit": 5}, "disagrees"),
        ("FILTER x ALIAS A", {"canonical": "x", "alias": "a"}, "agrees"),
        ("FILTER x > 5", {"ast": {"op": ">", "args": [{"ident": "x"}]}}, "disagrees"),
        (
            "FILTER x > 5",
            {"ast": {"op": ">", "args": [{"ident": "x"}, {"val": "5"}]}},
            "agrees",
        ),
        (
            "FILTER INCLUDE a",
            {"canonical": "INCLUDE a", "includes": ["b"]},
            "disagrees",
        ),
    ],
)
def test_a_reading_is_compared(text: str, expect: dict[str, Any], wanted: str) -> None:
    assert outcome(scored(text, expect, file="parse_ok")) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"), [("FILTER x >", "agrees"), ("FILTER x > 5", "disagrees")]
)
def test_what_the_engine_refuses_is_refused(text: str, wanted: str) -> None:
    assert outcome(scored(text, {"ok": False}, file="parse_error")) == wanted


def _write(directory: Path, answers: dict[str, Any]) -> None:
    """A vector in each file, and the matrix."""
    kinds = {"datemath": "totime"}
    for name in FILES:
        vector = {
            "id": name,
            "kind": kinds.get(name, "filter"),
            "expect": {"ok": False},
        }
        vector |= {"ql": "5x", "anchor": CLOCK.isoformat()}
        if name in ("eval", "functions", "parse_ok"):
            vector |= {"ql": "FILTER x == 5", "context": {"x": 5}, "expect": answers}
        line: Any = ["x > 4", "", *answers.values()] if name == "matrix" else vector
        (directory / f"{name}.jsonl").write_text(f"{json.dumps(line)}\n")
    shared = {"context": {"x": 5}, "types": {"x": "int"}}
    (directory / "matrix.json").write_text(json.dumps(shared))


def test_the_command_prints_scores_and_ends_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, YES)

    assert main([str(tmp_path)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-len(FILES) :] == [
        f"{name:<12}     1     1  100.00%           0" for name in FILES
    ]


def test_the_command_fails_below_the_score_and_shows_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, NO)

    assert main([str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "matrix-1  FILTER x > 4: True, True, the engine False, True" in printed


def test_kinds_of_value_that_profiles_never_hold_are_left_out(tmp_path: Path) -> None:
    _write(tmp_path, YES)
    vector = {"id": "s", "kind": "filter", "ql": "FILTER s", "types": {"s": "struct"}}
    with (tmp_path / "eval.jsonl").open("a") as lines:
        lines.write(json.dumps(vector | {"expect": NO}))

    assert [found.id for found in read(tmp_path, "eval")] == ["eval"]


def test_every_difference_and_every_disagreement_is_shown() -> None:
    differs = scored("FILTER -x > 5", NO, context={"x": -6})
    wrong = scored("FILTER x == 5", YES, context={"x": 6})

    assert list(details(differs)) == ["  minus (1)", "    one  FILTER -x > 5"]
    assert next(iter(details(wrong))) == "  disagreements (1)"
    assert list(table([wrong]))[1].split() == ["eval", "0", "1", "0.00%", "0"]
