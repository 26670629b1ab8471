"""A disk that fills while everything runs: a real one, of memory, which root may mount."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from lyticsapp.local import leftovers
from lyticsapp.local.home import Home
from lyticsapp.local.servers import stop as stop_servers
from tests.installation import Installation
from tests.waiting import wait_until

DISK_MIB = 340
PATIENCE_S = 120

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("up")]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(place)],
        check=False,
        capture_output=True,
        text=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield place
    home = Home(path=place / "home")
    leftovers.stop(home)
    stop_servers(home)
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Write until nothing more fits."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"0" * 65_536)
        except OSError:
            return filler


class Sender:
    """Sends events, and knows which users' were accepted."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.accepted: set[str] = set()
        self.calls = 0

    def send(self) -> requests.Response:
        self.calls += 1
        users = [f"u{self.calls}-{number}" for number in range(100)]
        answer = requests.post(
            f"{self.installation.url}/collect/json/orders",
            data=json.dumps([{"user_id": user, "note": "x" * 2000} for user in users]),
            headers={"Authorization": self.installation.token},
            timeout=60,
        )
        if answer.status_code == 200:
            self.accepted.update(users)
        return answer

    def is_refused(self) -> bool:
        return self.send().status_code == 503

    def is_accepted(self) -> bool:
        return self.send().status_code == 200


def test_it_refuses_loses_nothing_and_goes_on(disk: Path, tmp_path: Path) -> None:
    home = Home(path=disk / "home")
    with Installation(home, log=tmp_path / "up.log") as installation:
        sender = Sender(installation)
        assert sender.is_accepted()

        filler = fill(disk)
        wait_until(sender.is_refused, timeout=PATIENCE_S, what="events to be refused")
        message = sender.send().json()["message"]
        assert message.startswith("The server's disk is full; nothing was stored.")

        _stop_postgres_for_want_of_space(installation)
        assert sender.is_refused()
        wait_until(
            lambda: "is full" in installation.said(),
            timeout=PATIENCE_S,
            what="the full disk to be said",
        )

        filler.unlink()
        wait_until(sender.is_accepted, timeout=PATIENCE_S, what="events to be taken")
        wait_until(
            lambda: _profiles(installation) == sender.accepted,
            timeout=PATIENCE_S,
            what="what was accepted to be applied, and nothing else",
        )
        wait_until(
            lambda: "has space again" in installation.said(),
            timeout=PATIENCE_S,
            what="the space to be said",
        )
        said = installation.said()
        full = [line for line in said.splitlines() if "is full" in line]
        assert len(full) == 1, said
        assert "Free some space" in full[0]
        assert "PostgreSQL did not start" not in said
        assert installation.manage("verify")[0] == 0


def _stop_postgres_for_want_of_space(installation: Installation) -> None:
    """Have it need new files for its log of changes, which ends it."""
    server = installation.postgres()
    assert server is not None
    with pytest.raises(psycopg.OperationalError):
        _switch_files(server.url())
    wait_until(
        lambda: installation.postgres() is None, what="PostgreSQL to end", timeout=30
    )


def _switch_files(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            connection.execute("SELECT pg_logical_emit_message(false, 'full', 'disk')")
            connection.execute("SELECT pg_switch_wal()")


def _profiles(installation: Installation) -> set[str]:
    server = installation.postgres()
    if server is None:
        return set()
    with psycopg.connect(server.url()) as connection:
        rows = connection.execute("SELECT value FROM profiles_identity").fetchall()
    return {value for (value,) in rows}
