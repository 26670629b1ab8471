"""What has to be true before `up` starts anything, each with a clear line."""

from __future__ import annotations

import os
import socket
import time

import psutil
import psycopg
import redis

from lyticsapp.local.errors import HomeError, LocalError
from lyticsapp.local.home import Home
from lyticsapp.local.locks import FileLock

TIMEOUT_S = 5
# A watchdog that clears up after a killed run holds its lock at most this long.
CLEARING_S = 40


def take_home(home: Home) -> FileLock:
    """Hold the home for this `up` alone; refuse while another one runs."""
    lock = FileLock(home.run / "up.lock")
    pid_file = home.run / "up.pid"
    deadline = time.monotonic() + CLEARING_S
    while not lock.try_exclusive():
        lock.release()
        holder = _pid_in(pid_file)
        if holder is not None and psutil.pid_exists(holder):
            raise HomeError(
                f"lyticsapp already runs on {home.path} (process {holder}):"
                " stop it first, or choose another --home."
            )
        if time.monotonic() > deadline:
            raise HomeError(
                f"What a killed run left on {home.path} is still being stopped:"
                " try again in a moment."
            )
        time.sleep(0.1)
    pid_file.write_text(str(os.getpid()))
    return lock


def port_is_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LocalError(
                f"Port {port} cannot be used ({error.strerror}): stop what"
                " listens there, or choose another one with --port."
            ) from error


def database_answers(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=TIMEOUT_S).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise LocalError(
            f"The database does not answer ({reason}): start it, or mend"
            " DATABASE_URL, or unset it to use the bundled PostgreSQL."
        ) from error


def redis_answers(url: str) -> None:
    client = redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
    )
    try:
        with client:
            client.ping()
    except redis.RedisError as error:
        raise LocalError(
            f"Redis does not answer ({error}): start it, or mend REDIS_URL, or"
            " unset it to use the bundled Redis."
        ) from error


def _pid_in(path: os.PathLike[str]) -> int | None:
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
