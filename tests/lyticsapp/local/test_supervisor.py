"""Parts are started again when they die, and stopped in order."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lyticsapp.local import leftovers, logs, redis
from lyticsapp.local.errors import ServerFailedError
from lyticsapp.local.home import Home
from lyticsapp.local.parts import Part
from lyticsapp.local.servers import Servers
from lyticsapp.local.supervisor import Supervisor
from tests.waiting import wait_until

# Says when it is up and when it was asked to end; has a child of its own.
SLEEPER = """
import os, signal, subprocess, sys, time
name, manner = sys.argv[1:]

def end(*_):
    with open("ended", "a") as file:
        file.write(name + " ")
    if manner != "stubborn":
        sys.exit(0)

signal.signal(signal.SIGTERM, end)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(name + ".pids.new", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename(name + ".pids.new", name + ".pids")
while True:
    time.sleep(600)
"""

ROOT = Path(__file__).resolve().parents[3]
Start = Callable[..., Supervisor]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(path=tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def start(home: Home, tmp_path: Path, said: list[str]) -> Iterator[Start]:
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    started: list[Supervisor] = []

    def build(*parts: Part) -> Supervisor:
        supervisor = Supervisor(
            Servers(home, use_postgres=False, use_redis=False),
            parts,
            environ=os.environ | leftovers.mark(home),
            directory=tmp_path,
            say=said.append,
        )
        supervisor.start()
        started.append(supervisor)
        for part in parts:
            wait_until((tmp_path / f"{part.name}.pids").exists, what=part.name)
        return supervisor

    yield build
    for supervisor in started:
        supervisor.kill()


def _part(name: str, *, stage: int = 1, manner: str = "kind") -> Part:
    return Part(
        name=name,
        arguments=("sleeper", name, manner),
        stage=stage,
        stop_timeout_s=0.5 if manner == "stubborn" else 20,
    )


def _pids(directory: Path, name: str) -> list[int]:
    return [int(pid) for pid in (directory / f"{name}.pids").read_text().split()]


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_killed_part_is_started_again_and_said(
    start: Start, tmp_path: Path, said: list[str]
) -> None:
    supervisor = start(_part("web"))
    first, child = _pids(tmp_path, "web")
    os.kill(first, signal.SIGKILL)

    def restarted() -> bool:
        supervisor.watch_once()
        return _pids(tmp_path, "web")[0] != first

    wait_until(restarted, what="web to be started again")
    assert "web was killed by SIGKILL; starting it again in 0.5 s" in said[0]
    wait_until(lambda: _is_gone(child), what="the killed part's child to end")


def test_parts_are_stopped_stage_by_stage(start: Start, tmp_path: Path) -> None:
    supervisor = start(
        _part("workers", stage=2), _part("web", stage=4), _part("beat", stage=3)
    )
    pids = [pid for name in ("web", "beat", "workers") for pid in _pids(tmp_path, name)]

    supervisor.stop()

    assert (tmp_path / "ended").read_text().split() == ["web", "beat", "workers"]
    wait_until(lambda: all(map(_is_gone, pids)), what="every process to end")


def test_a_part_that_does_not_listen_is_killed(start: Start, tmp_path: Path) -> None:
    supervisor = start(_part("web", manner="stubborn"))
    pids = _pids(tmp_path, "web")

    supervisor.stop()

    assert (tmp_path / "ended").read_text().split() == ["web"]
    wait_until(lambda: all(map(_is_gone, pids)), what="every process to end")


def test_leftovers_of_a_killed_run_are_found_and_stopped(
    start: Start, tmp_path: Path, home: Home
) -> None:
    start(_part("web"))
    pids = _pids(tmp_path, "web")

    assert _stop_elsewhere(tmp_path / "another") == 0
    assert _stop_elsewhere(home.path) == len(pids)
    wait_until(lambda: all(map(_is_gone, pids)), what="every process to end")


def _stop_elsewhere(path: Path) -> int:
    """As the next `up` does it: none of these processes is its child."""
    program = (
        "import sys; from pathlib import Path;"
        "from lyticsapp.local import leftovers; from lyticsapp.local.home import Home;"
        "print(leftovers.stop(Home(path=Path(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", program, str(path)]
    return int(subprocess.check_output(command, cwd=ROOT))


def test_the_watchdog_clears_up_when_its_pipe_ends(
    start: Start, tmp_path: Path, home: Home
) -> None:
    start(_part("web"))
    pids = _pids(tmp_path, "web")
    broker = redis.start(home.redis, log=home.logs / "redis.log", for_tests=True)
    watchdog = psutil.Popen(
        [sys.executable, "-m", "lyticsapp.local.watchdog", str(home.path)],
        stdin=subprocess.PIPE,
        cwd=ROOT,
    )
    assert not any(map(_is_gone, pids))

    watchdog.stdin.close()

    assert watchdog.wait(60) == 0
    assert all(map(_is_gone, pids))
    assert not broker.is_alive()


def test_logs_are_cut_before_they_fill_the_disk(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (logs.MAX_BYTES + 1))
    with log.open("ab") as writer:
        logs.rotate(tmp_path)
        writer.write(b"goes on")

    assert log.read_bytes() == b"goes on"
    assert (tmp_path / "web.log.1").stat().st_size == logs.MAX_BYTES + 1


def test_a_low_disk_is_said_once_and_so_is_its_end(
    start: Start, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = start(_part("web"))
    monkeypatch.setattr("lyticsapp.local.supervisor.HOUSEKEEPING_S", 0)
    usage = shutil.disk_usage(tmp_path)

    with monkeypatch.context() as full:
        full.setattr("shutil.disk_usage", lambda path: usage._replace(free=0))
        for _ in range(3):
            supervisor.watch_once()
    assert len(said) == 1
    assert "is full" in said[0]
    assert "Free some space" in said[0]

    for _ in range(2):
        supervisor.watch_once()
    assert len(said) == 2
    assert "has space again" in said[1]


def test_a_server_that_cannot_start_on_a_full_disk_is_not_complained_of(
    start: Start, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> list[str]:
        raise ServerFailedError("PostgreSQL did not start; its log ends with: …")

    supervisor = start(_part("web"))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("lyticsapp.local.supervisor.FULL_DISK_RETRY_S", 0)
    monkeypatch.setattr(supervisor.servers, "restart_ended", fail)
    with monkeypatch.context() as full:
        full.setattr("shutil.disk_usage", lambda path: usage._replace(free=0))
        for _ in range(3):
            supervisor.watch_once()
    assert [line for line in said if "is full" in line] == said
    supervisor.watch_once()
    assert any("PostgreSQL did not start" in line for line in said)
