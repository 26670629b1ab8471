"""Starts the parts, starts again what dies, and stops all of them in order."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import psutil

from lyticsapp.local import logs, processes
from lyticsapp.local.errors import LocalError
from lyticsapp.local.parts import Part
from lyticsapp.local.servers import Servers

POLL_S = 0.25
HOUSEKEEPING_S = 10
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
LOW_DISK_MIB = 64
FULL_DISK_RETRY_S = 2.0
# A part that ran this long has recovered: its next delay is short again.
STEADY_S = 60

Say = Callable[[str], None]


@dataclass
class Child:
    """A part's process, or the time at which it is started again."""

    part: Part
    process: psutil.Popen | None = None
    started_at: float = 0
    restart_at: float = 0
    delay_s: float = FIRST_DELAY_S


class Supervisor:
    """Runs the parts of a home until it is told to stop."""

    def __init__(
        self,
        servers: Servers,
        parts: Sequence[Part],
        *,
        environ: Mapping[str, str],
        directory: Path,
        say: Say,
    ) -> None:
        self.servers = servers
        self.environ = dict(environ)
        self.directory = directory
        self.say = say
        self._children = [Child(part=part) for part in parts]
        self._log_directory = servers.home.logs
        self._next_housekeeping = 0.0
        self._servers_retry_at = 0.0
        self._servers_delay_s = FIRST_DELAY_S
        self._disk_is_low = False

    def start(self) -> None:
        for child in self._children:
            self._start(child)

    def watch_once(self) -> None:
        """Look after every part, then wait a moment."""
        self._watch_servers()
        now = time.monotonic()
        for child in self._children:
            if child.process is None:
                if now >= child.restart_at:
                    self._start(child)
            elif not processes.is_alive(child.process):
                self._note_end(child)
        if now >= self._next_housekeeping:
            self._next_housekeeping = now + HOUSEKEEPING_S
            self._keep_house()
        time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop the parts, those that feed others first."""
        ordered = sorted(self._children, key=lambda child: -child.part.stage)
        for _, stage in groupby(ordered, key=lambda child: child.part.stage):
            _stop_together([child for child in stage if child.process is not None])

    def kill(self) -> None:
        """Stop the parts at once; nothing accepted is lost."""
        for child in self._children:
            if child.process is not None:
                _kill_group(child.process)

    def _start(self, child: Child) -> None:
        log = self._log_directory / f"{child.part.name}.log"
        with log.open("ab") as output:
            child.process = psutil.Popen(
                child.part.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self.directory,
                env=self.environ,
            )
        child.started_at = time.monotonic()

    def _note_end(self, child: Child) -> None:
        assert child.process is not None
        now = time.monotonic()
        if now - child.started_at > STEADY_S:
            child.delay_s = FIRST_DELAY_S
        how = _how_it_ended(child.process.wait(timeout=0))
        # What it forked would go on without it, and twice after the restart.
        _kill_group(child.process)
        log = self._log_directory / f"{child.part.name}.log"
        self.say(
            f"{child.part.name} {how}; starting it again in"
            f" {child.delay_s:g} s (log: {log})"
        )
        child.process = None
        child.restart_at = now + child.delay_s
        child.delay_s = min(child.delay_s * 2, LONGEST_DELAY_S)

    def _watch_servers(self) -> None:
        if time.monotonic() < self._servers_retry_at:
            return
        try:
            restarted = self.servers.restart_ended()
        except (LocalError, OSError) as error:
            if self._is_disk_low():
                # That is the reason, and has been said: look for space, and go on.
                self._servers_retry_at = time.monotonic() + FULL_DISK_RETRY_S
                return
            self.say(f"{error} Trying again in {self._servers_delay_s:g} s.")
            self._servers_retry_at = time.monotonic() + self._servers_delay_s
            self._servers_delay_s = min(self._servers_delay_s * 2, LONGEST_DELAY_S)
            return
        self._servers_delay_s = FIRST_DELAY_S
        for name in restarted:
            self.say(f"{name} had ended; it was started again")

    def _keep_house(self) -> None:
        if self._is_disk_low():
            return
        with suppress(OSError):  # what cannot be cut now is cut later
            logs.rotate(self._log_directory)

    def _is_disk_low(self) -> bool:
        """Whether space runs out; said once, and once more when there is some again."""
        home = self.servers.home
        try:
            home.check_space(needed_mib=LOW_DISK_MIB)
        except (LocalError, OSError) as error:
            if not self._disk_is_low:
                self.say(f"{error} Nothing that was accepted is lost.")
            self._disk_is_low = True
        else:
            if self._disk_is_low:
                self.say(f"The disk of {home.path} has space again.")
            self._disk_is_low = False
        return self._disk_is_low


def _stop_together(children: Sequence[Child]) -> None:
    """Ask all of them to end, wait for all, and kill what is left of them."""
    alive = [child.process for child in children if child.process is not None]
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    timeout = max((child.part.stop_timeout_s for child in children), default=0)
    processes.wait_until_ended(alive, timeout=timeout)
    for process in alive:
        _kill_group(process)
    for child in children:
        child.process = None


def _kill_group(process: psutil.Popen) -> None:
    """Kill a part and all it forked: each part leads a group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "ended"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
