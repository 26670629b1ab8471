"""The pages of documentation say what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from lyticsapp.alerts import kinds
from lyticsapp.authorizations import provider
from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import JobState

ROOT = Path(__file__).resolve().parents[2]


def test_every_setting_is_documented_and_no_other() -> None:
    read = set(
        re.findall(
            r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "lyticsapp/settings.py").read_text()
        )
    )
    page = (ROOT / "docs/settings.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` ", page, re.MULTILINE))
    assert documented == read | {"LYTICSAPP_HOME"}


def test_every_kind_of_alert_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/alerts.md").read_text()
    documented = re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
    assert sorted(documented) == sorted(
        (kind.name, kind.meaning) for kind in kinds.everything()
    )


def test_every_job_type_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/jobs.md").read_text()
    rows = re.findall(r"^\| (.*) \| (.*) \| `(\w+)` \| (\w+) \| (.*) \|$", page, re.M)
    assert sorted(rows) == sorted(
        (
            provider.get(kind.provider).title,
            kind.title,
            kind.key,
            kind.kind.value,
            ", ".join(
                ["none"] * bool(kind.without)
                + [f"`{method}`" for method in kind.methods]
            ),
        )
        for kind in workflow.registry().values()
    )


def test_every_method_of_authorization_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/authorizations.md").read_text()
    rows = re.findall(r"^\| (.*) \| (.*) \| `(\w+)` \| (.*) \|$", page, re.M)
    assert sorted(rows) == sorted(
        (
            at.title,
            method.title,
            method.key,
            ", ".join(field.label for field in method.fields),
        )
        for at in provider.registry().values()
        for method in at.methods.values()
    )


def test_every_state_of_jobs_is_documented() -> None:
    page = (ROOT / "docs/jobs.md").read_text()
    states = page.partition("## States")[2].partition("## ")[0]
    assert re.findall(r"^\| (\w+) \| .*", states, re.M)[1:] == JobState.values


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 150
    links = re.findall(r"\]\(([^)#]+)", readme)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
