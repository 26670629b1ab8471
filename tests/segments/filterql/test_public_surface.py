"""What the package offers, and that it stands alone."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import segments.filterql


def test_all_names_what_is_imported_and_nothing_else() -> None:
    offered = {
        name
        for name, thing in vars(segments.filterql).items()
        if not name.startswith("_") and not isinstance(thing, ModuleType)
    }

    assert set(segments.filterql.__all__) == offered - {"annotations"}


def test_it_needs_neither_django_nor_a_database() -> None:
    script = (
        "import sys, segments.filterql, segments.filterql.protocol;"
        "bad = {'django', 'psycopg', 'redis', 'celery', 'lyticsapp'} & set(sys.modules);"
        "ours = {m for m in sys.modules if m.startswith('segments.')"
        " and not m.startswith('segments.filterql')};"
        "sys.exit(f'{bad} {ours}' if bad or ours else 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
