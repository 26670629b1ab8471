"""`manage.py jobs` shows its plan and asks before it applies."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from lyticsapp.accounts.models import Account
from segments.definitions.models import Segment
from tests.lyticsapp.as_code.conftest import exported

FILE = "segments: {vip: {filter: FILTER x > 1}}"


class Terminal(io.StringIO):
    """Where somebody sits and types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "acme.yaml"
    path.write_text(FILE)
    return path


def typed(monkeypatch, text):
    monkeypatch.setattr("sys.stdin", Terminal(text))


def slugs(account):
    return [each.slug for each in Segment.objects.for_account(account)]


def test_it_applies_what_was_agreed_to(account, file, monkeypatch, capsys):
    typed(monkeypatch, "n\n")
    with pytest.raises(CommandError, match="Nothing was applied"):
        call_command("jobs", "apply", str(file))
    assert slugs(account) == []
    typed(monkeypatch, "y\n")
    call_command("jobs", "apply", str(file))
    assert slugs(account) == ["vip"]
    told = capsys.readouterr().out
    assert (
        '+ create segment vip\n    name: "vip"\n    kind: "segment"\n    filter:\n'
    ) in told
    assert told.endswith("created segment vip\nApplied.\n")


def test_without_a_terminal_it_only_plans(account, file, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(CommandError, match="--yes") as refused:
        call_command("jobs", "apply", str(file))
    assert refused.value.returncode == 2
    assert slugs(account) == []
    call_command("jobs", "apply", str(file), "--yes")
    assert slugs(account) == ["vip"]
    call_command("jobs", "apply", str(file))


def test_a_plan_changes_nothing(account, file, capsys):
    call_command("jobs", "plan", str(file))
    assert "1 to create, 0 to change, 0 unchanged." in capsys.readouterr().out
    assert slugs(account) == []


def test_it_exports_to_a_new_file_only(filled, tmp_path, capsys):
    call_command("jobs", "export")
    assert capsys.readouterr().out == exported(filled)
    path = tmp_path / "new.yaml"
    call_command("jobs", "export", str(path))
    assert path.read_text() == exported(filled)
    with pytest.raises(CommandError, match="exists, and may hold"):
        call_command("jobs", "export", str(path))


def test_one_of_several_accounts_is_named(filled, capsys):
    other = Account.objects.create(name="Other")
    with pytest.raises(CommandError, match="--account"):
        call_command("jobs", "export")
    call_command("jobs", "export", "--account", other.public_id)
    assert capsys.readouterr().out == "segments: {}\njobs: []\n"
    with pytest.raises(CommandError, match="There is no account nobody"):
        call_command("jobs", "export", "--account", "nobody")


def test_what_is_wrong_is_told(account, file, tmp_path):
    with pytest.raises(CommandError, match=r"none\.yaml: No such file"):
        call_command("jobs", "plan", str(tmp_path / "none.yaml"))
    file.write_text("segment: {}")
    with pytest.raises(CommandError, match=r"acme\.yaml:1: segment: is not a known"):
        call_command("jobs", "plan", str(file))
