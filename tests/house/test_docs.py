"""The pages of documentation say what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from lyticsapp.alerts import kinds

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


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 150
    links = re.findall(r"\]\(([^)#]+)", readme)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
