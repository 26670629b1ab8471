"""`manage.py demo --once` as a newcomer runs it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from lyticsapp.local import postgres
from lyticsapp.local.home import Home
from lyticsapp.local.parts import HOST
from tests.installation import NOT_INHERITED, ROOT
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("up")]

LIMIT_S = 300


def test_it_shows_users_come_and_go_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    process = _start(home, port=free_port())
    said, _ = process.communicate(timeout=LIMIT_S)

    assert process.returncode == 0, said
    arrived = re.findall(r"^  ((?:enter|exit) .*), after [\d.]+ m?s$", said, re.M)
    assert [sorted(line.split(" and ")) for line in arrived] == [
        ["enter paying_users"],
        ["exit paying_users"],
        ["enter big_spenders", "enter paying_users"],
        ["exit big_spenders"],
        ["enter paying_users"],
    ]
    for shown in ("Admin ", "Login ", "Password ", "Inbox ", "curl -s -XPOST"):
        assert shown in said
    assert _processes_of(home) == []


def test_it_says_why_it_cannot_start(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        process = _start(tmp_path / "home", port=port)
        said, _ = process.communicate(timeout=LIMIT_S)

    assert process.returncode != 0
    assert f"CommandError: Port {port} cannot be used" in said


def test_a_killed_demo_takes_everything_with_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    process = _start(home, port=free_port())
    data = Home(path=home).postgres
    wait_until(lambda: postgres.find(data), timeout=120, what="PostgreSQL to start")

    process.kill()
    process.communicate(timeout=LIMIT_S)

    wait_until(lambda: not _processes_of(home), timeout=120, what="everything to end")


def test_it_never_removes_a_home_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    process = _start(tmp_path, port=free_port())
    said, _ = process.communicate(timeout=LIMIT_S)

    assert process.returncode != 0
    assert "was not made by the demo" in said
    assert (tmp_path / "precious").exists()


def _start(home: Path, *, port: int) -> subprocess.Popen[str]:
    environ = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}
    return subprocess.Popen(
        [
            *(sys.executable, "manage.py", "demo", "--once"),
            *("--home", str(home), "--port", str(port)),
        ],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _processes_of(home: Path) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if _is_of(p, home)]


def _is_of(process: psutil.Process, home: Path) -> bool:
    return any(str(home) in argument for argument in process.info["cmdline"] or [])
