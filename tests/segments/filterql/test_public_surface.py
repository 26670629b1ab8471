"""What the package offers, and that it stands alone."""

from __future__ import annotations

import subprocess
import sys

import segments.filterql


def test_all_is_complete_and_sorted() -> None:
    names = segments.filterql.__all__

    assert names == sorted(names)
    assert all(hasattr(segments.filterql, name) for name in names)


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
