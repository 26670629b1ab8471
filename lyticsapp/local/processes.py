"""Server processes: recognised by pid and working directory, and stopped."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1


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


def is_alive(process: psutil.Process) -> bool:
    """Whether the process still runs; a dead child of ours is reaped."""
    try:
        process.wait(timeout=0)
    except psutil.TimeoutExpired:
        return True
    except psutil.NoSuchProcess:
        return False
    return False


def stop(
    process: psutil.Process, *, gently: signal.Signals, timeout: float = 30
) -> None:
    """Ask a process to end, wait, and kill it when it does not."""
    for number in (gently, signal.SIGKILL):
        try:
            process.send_signal(number)
            process.wait(timeout)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        return


def tail(path: Path, *, lines: int = 5) -> str:
    """The last lines of a log, for an error message."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return ""
    return os.linesep.join(text.splitlines()[-lines:])
