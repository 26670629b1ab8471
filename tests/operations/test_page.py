"""What the page says of defaults is what the code has."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder

from tests.operations import page


def test_the_retentions_are_the_defaults() -> None:
    rows = re.findall(
        r"^\| .+ \| (\d+) \| `(\w+)` \|",
        page.section("What is kept how long"),
        re.MULTILINE,
    )
    stated = {setting: int(days) for days, setting in rows}
    assert stated == {name: getattr(settings, name) for name in stated}
    code = (page.ROOT / "lyticsapp/settings.py").read_text()
    assert set(stated) == set(re.findall(r'"(\w+_DAYS)"', code))


def test_every_procedure_says_how_one_sees_that_it_worked() -> None:
    titles = re.findall(r"^## (.+)$", page.PAGE.read_text(), re.MULTILINE)
    silent = [title for title in titles if "t worked" not in page.section(title)]
    assert silent == []


def test_every_setting_it_names_is_one() -> None:
    known = (page.ROOT / "docs/settings.md").read_text()
    unknown = [name for name in page.environment_file() if f"`{name}`" not in known]
    assert unknown == []


@pytest.mark.django_db
def test_an_upgrade_sees_what_is_still_to_be_migrated() -> None:
    call_command("migrate", check_unapplied=True, verbosity=0)
    MigrationRecorder.Migration.objects.filter(app="alerts").latest("pk").delete()
    with pytest.raises(SystemExit):
        call_command("migrate", check_unapplied=True, verbosity=0)
