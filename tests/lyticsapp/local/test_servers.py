"""The embedded servers: they start, are found, outlive nothing, and recover."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from lyticsapp.local import postgres, redis
from lyticsapp.local.errors import ServerMissingError
from lyticsapp.local.home import Home
from lyticsapp.local.servers import Servers


@pytest.fixture
def database(tmp_path: Path) -> Iterator[postgres.PostgresServer]:
    server = _start_postgres(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[redis.RedisServer]:
    server = _start_redis(tmp_path)
    yield server
    server.stop()


def _start_postgres(home: Path) -> postgres.PostgresServer:
    return postgres.start(
        home / "postgres",
        socket_dir=home / "run",
        log=home / "postgres.log",
        for_tests=True,
    )


def _start_redis(home: Path) -> redis.RedisServer:
    return redis.start(home / "redis", log=home / "redis.log", for_tests=True)


def test_postgres_is_found_by_its_directory(
    tmp_path: Path, database: postgres.PostgresServer
) -> None:
    found = postgres.find(tmp_path / "postgres")

    assert found is not None
    assert found.url() == database.url()
    with psycopg.connect(found.url()) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
    assert row == ("lyticsapp",)


def test_postgres_sockets_are_for_their_owner_alone(
    tmp_path: Path, database: postgres.PostgresServer
) -> None:
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_postgres_starts_again_after_a_crash(
    tmp_path: Path, database: postgres.PostgresServer
) -> None:
    os.kill(database.process.pid, signal.SIGKILL)
    database.process.wait(10)

    assert postgres.find(tmp_path / "postgres") is None
    again = _start_postgres(tmp_path)
    assert again.process.pid != database.process.pid
    again.stop()


def test_postgres_is_not_mistaken_for_another_process(tmp_path: Path) -> None:
    server = _start_postgres(tmp_path)
    server.stop()
    stale = f"{os.getpid()}\n{tmp_path}\n0\n5432\n{tmp_path}\n\n0 0\nready\n"
    (tmp_path / "postgres" / "postmaster.pid").write_text(stale)

    assert postgres.find(tmp_path / "postgres") is None
    again = _start_postgres(tmp_path)
    again.stop()


def test_postgres_takes_a_home_with_a_long_path(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30)
    home.mkdir()

    server = _start_postgres(home)
    try:
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()
        server.socket_dir.rmdir()


def test_redis_is_found_and_wants_its_password(
    tmp_path: Path, broker: redis.RedisServer
) -> None:
    found = redis.find(tmp_path / "redis")

    assert found is not None
    with redis_client.Redis.from_url(found.url()) as client:
        assert client.ping()
    with (
        redis_client.Redis(port=found.port) as stranger,
        pytest.raises(redis_client.exceptions.AuthenticationError),
    ):
        stranger.ping()


def test_redis_comes_back_at_the_same_address(
    tmp_path: Path, broker: redis.RedisServer
) -> None:
    os.kill(broker.process.pid, signal.SIGKILL)
    broker.process.wait(10)

    assert redis.find(tmp_path / "redis") is None
    again = _start_redis(tmp_path)
    assert again.url() == broker.url()
    again.stop()


def test_redis_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(redis.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ServerMissingError, match="install redis-server"):
        redis.program_path()


def test_what_was_started_is_seen_to_have_ended(tmp_path: Path) -> None:
    home = Home(path=tmp_path)
    home.prepare()
    servers = Servers(home, use_postgres=True, use_redis=True)
    servers.start()
    started = [servers.postgres.process, servers.redis.process]  # type: ignore[union-attr]
    servers.stop()
    assert [process.returncode for process in started] == [0, 0]
