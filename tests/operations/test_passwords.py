"""The passwords of the database and of Redis change while they run or between runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from lyticsapp.local import redis
from tests.operations.conftest import Site

ROLE = "rotated"

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("operations")]


@pytest.fixture
def owner(site: Site) -> Iterator[psycopg.Connection]:
    """Who may change passwords, on a server that asks one role for its own."""
    rules = site.home.postgres / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local all {ROLE} scram-sha-256\n{before}")
    with psycopg.connect(site.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'first'")
        yield connection
        connection.execute(f"DROP ROLE {ROLE}")
        rules.write_text(before)
        connection.execute("SELECT pg_reload_conf()")


def test_the_databases_password(site: Site, owner: psycopg.Connection) -> None:
    def connect(password: str) -> psycopg.Connection:
        address = site.environ["DATABASE_URL"]
        return psycopg.connect(address, user=ROLE, password=password)

    with connect("first") as opened:
        owner.execute(f"ALTER ROLE {ROLE} PASSWORD 'second'")
        with pytest.raises(psycopg.OperationalError, match="password"):
            connect("first")
        connect("second").close()
        assert opened.execute("SELECT 1").fetchone() == (1,)


def test_the_password_of_a_homes_redis(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    server = redis.start(folder, log=tmp_path / "log", for_tests=True)
    before = server.password
    server.stop()

    (folder / "server.json").unlink()
    server = redis.start(folder, log=tmp_path / "log", for_tests=True)
    with Redis.from_url(server.url()) as client:
        assert client.ping()
    with (
        Redis.from_url(server.url().replace(server.password, before)) as client,
        pytest.raises(AuthenticationError),
    ):
        client.ping()
    server.stop()
