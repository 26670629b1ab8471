"""Nothing but a channel's own file knows a channel by its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from subscriptions.channel import registry

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("lyticsapp", "segments", "subscriptions")
CHANNELS = ROOT / "subscriptions" / "channels"


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if CHANNELS not in path.parents and "migrations" not in path.parts:
                yield path


def branches_on_channels(tree: ast.AST, keys: set[str]) -> list[int]:
    """The lines that compare something with a channel's key, or match on one."""
    lines = []
    for node in ast.walk(tree):
        compared: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            compared = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            compared = [node.value]
        elif isinstance(node, ast.Subscript):
            compared = [node.slice]
        named = {
            constant.value
            for each in compared
            for constant in ast.walk(each)
            if isinstance(constant, ast.Constant)
        }
        if named & keys:
            lines.append(getattr(node, "lineno", 0))
    return lines


def test_no_code_branches_on_a_channel() -> None:
    keys = set(registry())
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        for line in branches_on_channels(ast.parse(path.read_text()), keys)
    }
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        "x.channel == 'webhook'",
        "x in ('kinesis', 'sqs')",
        "match x:\n case 'webhook': pass",
        "HANDLERS['webhook']",
    ],
)
def test_the_rule_sees_a_branch(code: str) -> None:
    assert branches_on_channels(ast.parse(code), {"webhook", "kinesis"})
