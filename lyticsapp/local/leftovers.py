"""Processes of a run that was killed: found by a mark in their environment."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil

from lyticsapp.local import processes
from lyticsapp.local.home import Home

MARK = "LYTICSAPP_SUPERVISED"
PATIENCE_S = 10


def mark(home: Home) -> dict[str, str]:
    """The variable that every supervised process of this home carries."""
    return {MARK: str(home.path)}


def stop(home: Home) -> int:
    """End every supervised process of this home; how many there were."""
    left = _find(home)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    stubborn = processes.wait_until_ended(left, timeout=PATIENCE_S)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    processes.wait_until_ended(stubborn, timeout=PATIENCE_S)
    return len(left)


def _find(home: Home) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["environ", "status"])
        if (process.info["environ"] or {}).get(MARK) == str(home.path)
        and process.pid != os.getpid()
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
