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
_IN_BATCH = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
# A walk, and the sweep of those who are due, lock profiles or parts but no lane.
_IN_WALK = f"""
SELECT FROM pg_locks
WHERE mode = 'RowShareLock' AND pid NOT IN ({_IN_BATCH}) AND relation IN
    ('profiles_profile'::regclass, 'definitions_recomputepart'::regclass)
"""
# Batches are short: the server itself looks for one, again and again.
_WAIT_FOR = f"""
DO $$ DECLARE until timestamptz := clock_timestamp() + interval '{BATCH_TIMEOUT_S} s';
BEGIN
    WHILE NOT EXISTS ({{under_way}}) LOOP
        ASSERT clock_timestamp() < until;
        PERFORM pg_sleep(0.001);
    END LOOP;
END $$
"""


@dataclass(frozen=True, slots=True)
class Faults:
    """Breaks an installation, each time waiting until it has mended itself."""

    installation: Installation
    rng: random.Random

    def kill_worker_in_batch(self) -> None:
        """Kill the processes that apply events while a batch is under way."""
        self._kill_children("pipeline", _IN_BATCH)

    def kill_worker_in_walk(self) -> None:
        """Kill those who walk over profiles, and evaluate who is due, at their work."""
        self._kill_children("walks", _IN_WALK)

    def kill_web_process(self) -> None:
        """Kill a process that answers calls."""
        children = self._part("gunicorn").children()
        victim = self.rng.choice(children)
        self._pause()
        _kill([victim])
        self._wait_for_children("gunicorn", children, gone=[victim])

    def kill_part(self, name: str) -> None:
        """Kill a part, whose children its supervisor ends with it."""
        self._pause()
        with self.part_killed(name):
            pass

    @contextmanager
    def part_killed(self, name: str) -> Iterator[None]:
        """Kill a part; what is done in the block is done while it is away."""
        part = self._part(name)
        _kill([part])
        yield
        wait_until(
            lambda: (found := self.installation.part(name)) and found.pid != part.pid,
            timeout=BACK_TIMEOUT_S,
            what=f"{name} to be started again",
        )

    def flush_redis(self) -> None:
        """Lose every hint, and whatever else Redis holds."""
        server = self.installation.redis()
        assert server is not None
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

    def _kill_children(self, part: str, under_way: str) -> None:
        """Kill a worker's processes as soon as a query finds such work under way."""
        victims = self._part(part).children()
        self._pause()
        with self.connected() as connection:
            connection.execute(_WAIT_FOR.format(under_way=under_way))
            _kill(victims)
        self._wait_for_children(part, victims)

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

    def _wait_for_children(
        self,
        name: str,
        before: list[psutil.Process],
        gone: list[psutil.Process] | None = None,
    ) -> None:
        """Wait until those that are gone have been replaced.

        A worker that loses them while it starts ends, and another one is started.
        """
        victims = before if gone is None else gone

        def replaced() -> bool:
            with suppress(psutil.NoSuchProcess):
                part = self.installation.part(name)
                children = part.children() if part else []
                return len(children) >= len(before) and not set(victims) & set(children)
            return False

        wait_until(replaced, timeout=BACK_TIMEOUT_S, what="new processes")

    def _pause(self) -> None:
        """Strike at a random point."""
        threading.Event().wait(self.rng.random() * LONGEST_PAUSE_S)


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
