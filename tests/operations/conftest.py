"""An installation spread over two hosts, made as docs/operations.md says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from lyticsapp.local import postgres, redis
from lyticsapp.local.home import Home
from tests.operations import page
from tests.operations.hosts import Host, manage

NAME = "app.example.com"
ADMIN = "you@example.com"
BEHIND_A_PROXY = {
    "CSRF_TRUSTED_ORIGINS": "https://public.example.com",
    # The proxy is on another host: Gunicorn believes those on its own.
    "FORWARDED_ALLOW_IPS": "192.0.2.1",
}


@dataclass(frozen=True)
class Site:
    """Its servers, what every host is told, and its hosts."""

    home: Home
    environ: dict[str, str]
    password: str = field(repr=False)
    token: str = field(repr=False)
    web: Host
    workers: Host

    def ensure_everything(self) -> None:
        """Have the web server run on one host and all else on the other."""
        self.web.ensure("web")
        self.workers.ensure(*(set(page.units()) - {"web"}))
        self.web.wait_until_it_answers("/healthz")

    def post(self, path: str, body: object) -> None:
        """Call the API; a text is sent as it is."""
        is_text = isinstance(body, str)
        answer = requests.post(
            self.web.url + path,
            data=body if is_text else json.dumps(body),
            headers={
                "Authorization": self.token,
                "Content-Type": "text/plain" if is_text else "application/json",
            },
            timeout=30,
        )
        assert answer.ok, answer.text


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Database and Redis, tables and first account; nothing else runs yet."""
    folder = tmp_path_factory.mktemp("site")
    home = Home(path=folder / "servers")
    home.prepare()
    database = postgres.start(
        home.postgres,
        socket_dir=home.sockets,
        log=home.logs / "postgres.log",
        for_tests=True,
    )
    broker = redis.start(home.redis, log=home.logs / "redis.log", for_tests=True)
    try:
        environ = _environment(folder, home, database.url(), broker.url())
        migrated = manage("migrate", "--verbosity=0", environ=environ)
        assert migrated.returncode == 0, migrated.stderr
        first = manage("first_account", ADMIN, environ=environ)
        assert first.returncode == 0, first.stderr
        site = Site(
            home=home,
            environ=environ,
            password=_said("Password", first.stdout),
            token=_said("API token", first.stdout),
            web=Host(folder / "a", environ | BEHIND_A_PROXY),
            workers=Host(folder / "b", environ),
        )
        yield site
        site.web.stop()
        site.workers.stop()
    finally:
        broker.stop()
        database.stop()


def _environment(
    folder: Path, home: Home, database: str, broker: str
) -> dict[str, str]:
    """The page's settings, with the values of this place."""
    environ = {
        **page.environment_file(),
        **home.keys(),
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "ALLOWED_HOSTS": f"{NAME},localhost,127.0.0.1",
        "METRICS_TOKEN": "scrape",
        "LYTICSAPP_HOME": str(folder / "commands"),
    }
    assert set(environ) == set(page.environment_file())
    return environ | {"WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}


def _said(label: str, output: str) -> str:
    found = re.search(rf"^{label} +(\S+)$", output, re.MULTILINE)
    assert found is not None, output
    return found[1]
