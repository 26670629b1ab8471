"""Whether a process runs, and that the ends of our children are noted."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from lyticsapp.local import processes
from tests.waiting import wait_until


def test_a_child_that_ends_while_it_is_asked_about_is_reaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    child = psutil.Popen([sys.executable, "-c", ""], stdin=subprocess.DEVNULL)
    wait_until(lambda: child.status() == psutil.STATUS_ZOMBIE, what="it to end")
    answers = iter([psutil.TimeoutExpired(0, child.pid)])
    wait = child.wait

    def just_before(timeout: float | None = None) -> int | None:
        for error in answers:
            raise error
        code: int | None = wait(timeout)
        return code

    monkeypatch.setattr(child, "wait", just_before)
    assert not processes.is_alive(child)
    assert child.returncode == 0
