"""A dump and the keys are all that is needed; without the keys, all but the secrets."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from lyticsapp.local import postgres
from lyticsapp.local.home import Home
from lyticsapp.local.servers import Servers
from tests.operations import page
from tests.operations.conftest import Site
from tests.operations.hosts import PATIENCE_S, manage
from tests.waiting import wait_until

# The product's own code reads what was restored.
LOOK = """
import json, sys
from lyticsapp.accounts import tokens
from lyticsapp.authorizations.encryption import DecryptionError
from subscriptions.models import Subscription
account = tokens.verify(sys.stdin.read()).account
try:
    found = Subscription.objects.for_account(account).get(name="kept").secrets
except DecryptionError as error:
    found = str(error)
print(json.dumps(found))
"""

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("operations")]


@pytest.fixture
def site_with_a_member(site: Site) -> Site:
    """With a user in a segment, and a secret."""
    site.ensure_everything()
    site.post("/api/segment", 'FILTER kept = "t" ALIAS kept')
    subscription = {
        "name": "kept",
        "channel": "webhook",
        "webhook_url": "http://127.0.0.1:9/",
        "headers": {"X-Key": "hunter2"},
        "segment_ids": ["kept"],
    }
    site.post("/api/subscription", subscription)
    site.post("/collect/json/demo", {"user_id": "grace", "kept": "t"})
    with psycopg.connect(site.environ["DATABASE_URL"], autocommit=True) as connection:
        wait_until(
            lambda: _members(connection),
            timeout=PATIENCE_S,
            what="the user to be a member",
        )
    return site


@pytest.fixture
def restored(site_with_a_member: Site, tmp_path: Path) -> Home:
    """A new home, made by the page's commands out of a dump and the keys."""
    dump, keys = tmp_path / "dump.sql", tmp_path / "kept"
    keys.mkdir()
    shutil.copy(site_with_a_member.home.keys_file, keys)
    places = {"HOME": str(site_with_a_member.home.path), "lyticsapp.sql": str(dump)}
    page.run("Backup", places, limit_s=PATIENCE_S)
    assert "PostgreSQL database dump complete" in dump.read_text()

    home = Home(path=tmp_path / "home")
    places = {"NEW": str(home.path), "…": str(keys), "lyticsapp.sql": str(dump)}
    page.run("Restore", places, limit_s=PATIENCE_S)
    assert postgres.find(home.postgres) is None
    return home


@pytest.fixture
def running(restored: Home) -> Iterator[Home]:
    """Its servers, kept for all commands of the test."""
    servers = Servers(restored, use_postgres=True, use_redis=True)
    servers.start()
    assert servers.postgres is not None
    assert servers.redis is not None
    yield restored
    servers.redis.stop()
    servers.postgres.stop()
    servers.leave()


def test_it_is_restored_with_its_secrets_by_the_keys_alone(
    site_with_a_member: Site, running: Home
) -> None:
    token = site_with_a_member.token
    verified = _on(running, "verify")
    assert "every membership is as its filter" in verified
    assert not verified.startswith("0 profiles")
    assert _look(running, token) == {"headers": {"X-Key": "hunter2"}}

    new, old = Fernet.generate_key().decode(), running.keys()["ENCRYPTION_KEYS"]
    _encrypt_with(running, new, old)
    rotated = _on(running, "rotate_keys")
    assert "Every secret is encrypted with the first key" in rotated
    _encrypt_with(running, new)
    assert _look(running, token) == {"headers": {"X-Key": "hunter2"}}

    running.keys_file.unlink()
    assert "ENCRYPTION_KEYS" in _look(running, token)


def _members(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT count(*) FROM membership_membership").fetchone()
    assert row is not None
    return int(row[0])


def _on(home: Home, *arguments: str, stdin: str = "") -> str:
    """What a command on this home says."""
    done = manage(*arguments, f"--home={home.path}", environ={}, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _look(home: Home, token: str) -> Any:
    return json.loads(_on(home, "shell", "-v0", "-c", LOOK, stdin=token))


def _encrypt_with(home: Home, *keys: str) -> None:
    """Change the line as a person does."""
    line = f"ENCRYPTION_KEYS={','.join(keys)}"
    text = home.keys_file.read_text()
    home.keys_file.write_text(re.sub(r"^ENCRYPTION_KEYS=.*$", line, text, flags=re.M))
