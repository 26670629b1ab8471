"""A whole installation, started by `manage.py up` as people start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import requests

from lyticsapp.local import postgres, redis
from lyticsapp.local.home import Home
from lyticsapp.local.parts import HOST
from tests.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[1]
START_TIMEOUT_S = 150
STOP_TIMEOUT_S = 90
NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS")


class Installation:
    """Everything on one home, from the entry of the block to its end."""

    def __init__(self, home: Home, *, log: Path | None = None) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.token = ""
        self._log = log or home.path / "up.log"

    def __enter__(self) -> Self:
        self.home.path.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self.process = psutil.Popen(
                self._manage("up", f"--port={self.port}"),
                cwd=ROOT,
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until(self._is_ready, timeout=START_TIMEOUT_S, what="up to be ready")
        except BaseException:
            self.stop()
            raise
        self.token = self.home.credentials()["api_token"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop everything as Ctrl-C does."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except psutil.TimeoutExpired:
            left = [_arguments(each) for each in self.process.children(recursive=True)]
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"up did not end; left: {left}; {self.said()}"
            ) from None

    def said(self) -> str:
        """What `up` has said so far."""
        return self._log.read_text()

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """The data of an answer to an API call, which must succeed."""
        is_text = isinstance(body, str)
        answer = requests.request(
            method,
            self.url + path,
            data=body if is_text or body is None else json.dumps(body),
            headers={
                "Authorization": self.token,
                "Content-Type": "text/plain" if is_text else "application/json",
            },
            timeout=30,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json().get("data")

    def manage(self, *arguments: str, timeout: float = 120) -> tuple[int, str]:
        """The exit code and output of a management command on this home."""
        ended = subprocess.run(
            self._manage(*arguments),
            cwd=ROOT,
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=timeout,
        )
        return ended.returncode, ended.stdout

    def postgres(self) -> postgres.PostgresServer | None:
        """The PostgreSQL of this home, while it runs."""
        return postgres.find(self.home.postgres)

    def redis(self) -> redis.RedisServer | None:
        """The Redis of this home, while it runs."""
        return redis.find(self.home.redis)

    def part(self, name: str) -> psutil.Process | None:
        """The process of a part, while it runs."""
        for child in self.process.children():
            arguments = _arguments(child)
            queues = next((a for a in arguments if a.startswith("--queues=")), "")
            if name in arguments or queues.partition(",")[0] == f"--queues={name}":
                return child
        return None

    def _is_ready(self) -> bool:
        if not self.process.is_running() or self.process.status() == "zombie":
            raise AssertionError(f"up ended: {self.said()}")
        return "Ready at" in self.said()

    def _manage(self, *arguments: str) -> list[str]:
        return [
            sys.executable,
            str(ROOT / "manage.py"),
            *arguments,
            f"--home={self.home.path}",
        ]

    def _environ(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in NOT_INHERITED
        }
        return kept | {"WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}


def _arguments(process: psutil.Process) -> list[str]:
    try:
        arguments: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return arguments
