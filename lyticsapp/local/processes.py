"""Server processes: recognised by pid and working directory, and stopped."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
POLL_S = 0.02


def find(pid: int, *, cwd: Path) -> psutil.Process | None:
    """The process `pid` if it is alive and works in `cwd`.

    A pid file outlives a crash and its number may by then be another's; no
    other program works in a server's own data directory.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process if Path(process.cwd()) == cwd.resolve() else None
    except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError):
        return None


def die_with_parent(number: signal.Signals) -> None:
    """Have the kernel send this process `number` when its parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of what our children leave behind (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_orphans() -> None:
    """Take note of the ends of adopted processes, so that no zombie stays."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def is_alive(process: psutil.Process) -> bool:
    """Whether the process still runs; a dead child of ours is reaped."""
    try:
        process.wait(timeout=0)
    except psutil.TimeoutExpired:
        if not _is_zombie(process):
            return True
        # It ended in between; a child of somebody else is not ours to reap.
        with suppress(psutil.TimeoutExpired, psutil.NoSuchProcess):
            process.wait(timeout=0)
    except psutil.NoSuchProcess:
        return False
    return False


def wait_until_ended(
    processes: Sequence[psutil.Process], *, timeout: float
) -> list[psutil.Process]:
    """Wait for all of them; those that still run after `timeout`.

    A zombie has ended: in a container whose first process reaps nobody, the
    children of a killed parent stay zombies for ever.
    """
    deadline = time.monotonic() + timeout
    alive = [process for process in processes if is_alive(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(POLL_S)
        alive = [process for process in alive if is_alive(process)]
    return alive


def stop(
    process: psutil.Process, *, gently: signal.Signals, timeout: float = 30
) -> None:
    """Ask a process to end, wait, and kill it when it does not."""
    for number in (gently, signal.SIGKILL):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        if not wait_until_ended([process], timeout=timeout):
            return


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def tail(path: Path, *, lines: int = 5) -> str:
    """The last lines of a log, for an error message."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return ""
    return os.linesep.join(text.splitlines()[-lines:])
