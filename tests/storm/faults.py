"""The faults: what is killed, stopped or emptied, and how one sees it is back."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil
import psycopg
import redis

from tests.installation import Installation
from tests.waiting import wait_until

BACK_TIMEOUT_S = 60
BATCH_TIMEOUT_S = 20
LONGEST_PAUSE_S = 0.3
CUT_OFF = "client connection with an open transaction"

# The lock of a lane has one key, the lock of the definitions two.
_BATCHES = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 LIMIT 1"


@dataclass(frozen=True, slots=True)
class Faults:
    """Breaks an installation, each time waiting until it has mended itself."""

    installation: Installation
    rng: random.Random

    def kill_worker_in_batch(self) -> None:
        """Kill a process that applies events while a batch is under way."""
        worker = self._part("pipeline")
        before = set(worker.children())
        victim = self.rng.choice(sorted(before, key=lambda child: child.pid))
        self._pause()
        with self.connected() as connection:
            wait_until(
                lambda: connection.execute(_BATCHES).fetchone(),
                timeout=BATCH_TIMEOUT_S,
                what="a batch to be under way",
            )
        self._kill_child(worker, victim, len(before))

    def kill_web_process(self) -> None:
        """Kill a process that answers calls."""
        web = self._part("gunicorn")
        children = web.children()
        self._pause()
        self._kill_child(web, self.rng.choice(children), len(children))

    def kill_part(self, name: str) -> None:
        """Kill a part, whose children its supervisor ends with it."""
        part = self._part(name)
        self._pause()
        with suppress(psutil.NoSuchProcess):
            part.kill()
        wait_until(
            lambda: (found := self.installation.part(name)) and found.pid != part.pid,
            timeout=BACK_TIMEOUT_S,
            what=f"{name} to be started again",
        )

    def flush_redis(self) -> None:
        """Lose every hint, and whatever else Redis holds."""
        server = self.installation.redis()
        assert server is not None
        self._pause()
        with redis.Redis.from_url(server.url()) as client:
            client.flushall()

    def stop_postgres(self) -> None:
        """Stop PostgreSQL at once, as a crash would; `up` starts it again."""
        server = self.installation.postgres()
        assert server is not None
        self._pause()
        os.kill(server.process.pid, signal.SIGQUIT)
        wait_until(
            lambda: (
                (found := self.installation.postgres())
                and found.process.pid != server.process.pid
            ),
            timeout=BACK_TIMEOUT_S,
            what="PostgreSQL to be started again",
        )

    def batches_cut_off(self) -> int:
        """How many transactions lost their client, by PostgreSQL's own log."""
        log = self.installation.home.logs / "postgres.log"
        return log.read_text(errors="replace").count(CUT_OFF)

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of our own to the database."""
        server = self.installation.postgres()
        assert server is not None
        with psycopg.connect(server.url(), autocommit=True) as connection:
            yield connection

    def _part(self, name: str) -> psutil.Process:
        """A part that runs and has the children it is to have."""

        def found() -> psutil.Process | None:
            part = self.installation.part(name)
            with suppress(psutil.NoSuchProcess):
                return part if part is not None and part.children() else None
            return None

        if name in ("beat", "delivery"):
            return wait_until(
                lambda: self.installation.part(name), timeout=BACK_TIMEOUT_S, what=name
            )
        return wait_until(found, timeout=BACK_TIMEOUT_S, what=name)

    def _kill_child(
        self, parent: psutil.Process, victim: psutil.Process, wanted: int
    ) -> None:
        with suppress(psutil.NoSuchProcess):
            victim.kill()

        def replaced() -> bool:
            with suppress(psutil.NoSuchProcess):
                children = parent.children()
                return victim not in children and len(children) >= wanted
            return False

        wait_until(replaced, timeout=BACK_TIMEOUT_S, what="a new process")

    def _pause(self) -> None:
        """Strike at a random point."""
        threading.Event().wait(self.rng.random() * LONGEST_PAUSE_S)
