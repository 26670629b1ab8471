"""The ground a benchmark stands on: a home of its own, servers, an empty database.

The servers are those of `manage.py up`, with the settings it gives them: what is
committed is on disk.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import django
from django.core.management import call_command

from lyticsapp.celery import collect_garbage_seldom
from lyticsapp.local.home import Home
from lyticsapp.local.servers import Servers

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def prepared() -> Iterator[Home]:
    """Servers that run, and Django set up on them; all of it is gone afterwards."""
    signal.signal(signal.SIGTERM, _exit)
    home = Home(path=Path(tempfile.mkdtemp(prefix="lyticsapp-bench-")))
    servers = Servers(home, use_postgres=True, use_redis=True)
    try:
        home.prepare()
        servers.start()
        assert servers.postgres is not None
        assert servers.redis is not None
        os.environ.update(home.keys())
        os.environ["DATABASE_URL"] = servers.postgres.url()
        os.environ["REDIS_URL"] = servers.redis.url()
        os.environ["DJANGO_SETTINGS_MODULE"] = "lyticsapp.settings"
        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
        collect_garbage_seldom()
        yield home
    finally:
        servers.stop()
        shutil.rmtree(home.path, ignore_errors=True)


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
