"""`manage.py demo --once` as a newcomer runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.installation import NOT_INHERITED, ROOT
from tests.ports import free_port

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("up")]

LIMIT_S = 300


def test_it_shows_users_come_and_go_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environ = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}
    demo = subprocess.run(
        [
            *(sys.executable, "manage.py", "demo", "--once"),
            *("--home", str(home), "--port", str(free_port())),
        ],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    said = demo.stdout + demo.stderr
    assert demo.returncode == 0, said
    arrived = re.findall(r"^  ((?:enter|exit) .*), after [\d.]+ m?s$", said, re.M)
    assert arrived == [
        "enter paying_users",
        "exit paying_users",
        "enter paying_users and enter big_spenders",
        "exit big_spenders",
        "enter paying_users",
    ]
    for shown in ("Admin ", "Login ", "Password ", "Inbox ", "curl -s -XPOST"):
        assert shown in said
    left = [p for p in psutil.process_iter(["cmdline"]) if _is_of(p, home)]
    assert left == []


def _is_of(process: psutil.Process, home: Path) -> bool:
    return any(str(home) in argument for argument in process.info["cmdline"] or [])
