"""The servers every test shares: a PostgreSQL and a Redis in a temporary home.

They are started before Django's settings are read, which is why the settings
module is named here and not in pyproject.toml. `DATABASE_URL` and `REDIS_URL` set
from outside win. pytest-django gives each xdist worker a database of its own;
each gets a Redis database of its own here.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import pytest
from _pytest.nodeid import NodeId
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from lyticsapp import counters
from lyticsapp.local import postgres, redis

pytest_plugins = [
    "tests.local_aws",
    "tests.at_aws",
    "tests.local_hubs",
    "tests.at_azure",
]

REDIS_DATABASES = 64
_home: list[Path] = []
_servers: list[postgres.PostgresServer | redis.RedisServer] = []


def _stop_servers() -> None:
    while _servers:
        _servers.pop().stop()
    while _home:
        shutil.rmtree(_home.pop(), ignore_errors=True)


def _start_servers() -> None:
    wanted = {"DATABASE_URL", "REDIS_URL"} - set(os.environ)
    if not wanted:
        return
    atexit.register(_stop_servers)
    home = Path(tempfile.mkdtemp(prefix="lyticsapp-tests-"))
    _home.append(home)
    if "DATABASE_URL" in wanted:
        database = postgres.start(
            home / "postgres",
            socket_dir=home / "run",
            log=home / "postgres.log",
            for_tests=True,
        )
        _servers.append(database)
        os.environ["DATABASE_URL"] = database.url()
    if "REDIS_URL" in wanted:
        broker = redis.start(
            home / "redis",
            log=home / "redis.log",
            databases=REDIS_DATABASES,
            for_tests=True,
        )
        _servers.append(broker)
        os.environ["REDIS_URL"] = broker.url()


def _redis_url_of(worker: str) -> str:
    """The shared server's address with this worker's own database number."""
    number = int(worker.removeprefix("gw")) + 1
    parts = urlsplit(os.environ["REDIS_URL"])
    return urlunsplit(parts._replace(path=f"/{number}"))


def _prepare() -> None:
    """Make the environment that settings are read from."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        _start_servers()
    else:
        os.environ["REDIS_URL"] = _redis_url_of(worker)
    os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0" * 40)
    os.environ.setdefault(
        "ENCRYPTION_KEYS", "dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtMzI="
    )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lyticsapp.settings")
    django.setup()
    if worker is None:
        # Workers inherit the environment, and pytest-django would read the settings
        # in them before they have been given their own Redis database.
        del os.environ["DJANGO_SETTINGS_MODULE"]


# The conftests of folders below are imported before any hook is called.
_prepare()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep xdist's groups: it writes them where pytest 9.2 does not look any more."""
    for item in items:
        grouped: str | None = vars(item).get("_nodeid")
        if grouped is not None:
            item._id = NodeId.parse(grouped)


@pytest.fixture(autouse=True)
def _events_gone(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Empty the tables that Django's flush passes over, as it does not manage them."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction", False)
    if commits or "transactional_db" in request.fixturenames:
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE streams_event, streams_pendingevent")


@pytest.fixture
def patient_counters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Counters that wait for a Redis which a busy machine holds up."""
    monkeypatch.setattr(counters, "TIMEOUT_S", 60.0)
    counters._client.cache_clear()
    yield
    counters._client.cache_clear()
