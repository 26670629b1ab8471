"""The rules of the house that a reader would otherwise have to remember."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("lyticsapp", "segments", "subscriptions")
EDGES = ("admin.py", "api.py", "views.py", "forms.py", "serializers.py", "bodies.py")
NO_SUBJECT = {"utils.py", "helpers.py", "common.py", "misc.py"}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def test_no_edge_looks_across_accounts() -> None:
    edges = [
        path for path in modules() if path.name.endswith(EDGES) or "face" in path.parts
    ]
    assert edges
    assert [
        str(path.relative_to(ROOT))
        for path in edges
        if "across_accounts" in path.read_text()
    ] == []


def test_every_file_has_a_subject() -> None:
    assert [str(path) for path in modules() if path.name in NO_SUBJECT] == []
    assert [
        str(path.relative_to(ROOT))
        for path in modules()
        if not ast.get_docstring(ast.parse(path.read_text()))
    ] == []


def test_imports_go_one_way() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def test_nothing_is_left_to_do() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")
    assert [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in modules()
        for mark in marks
        if f"{mark} " in path.read_text() or f"{mark}:" in path.read_text()
    ] == []
