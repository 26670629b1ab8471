"""The home directory: keys, permissions, and one clear line for what is wrong."""

from __future__ import annotations

import errno
import shutil
import socket
from pathlib import Path

import pytest

from lyticsapp.local import checks
from lyticsapp.local.errors import HomeError, LocalError
from lyticsapp.local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(path=tmp_path / "home")
    home.prepare()
    return home


def test_it_is_the_option_else_the_variable_else_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"LYTICSAPP_HOME": "/elsewhere"}

    assert Home.locate("/chosen", environ).path == Path("/chosen")
    assert Home.locate(None, environ).path == Path("/elsewhere")
    assert Home.locate(None, {}).path == tmp_path / ".lyticsapp"


def test_keys_are_made_once_and_private(home: Home) -> None:
    keys = home.keys()

    assert set(keys) == {"SECRET_KEY", "ENCRYPTION_KEYS"}
    assert home.keys_file.stat().st_mode & 0o777 == 0o600
    assert home.keys() == keys
    assert Home(path=home.path.parent / "other").path != home.path


def test_keys_that_others_could_read_are_closed_again(home: Home) -> None:
    home.keys()
    home.keys_file.chmod(0o644)

    home.keys()

    assert home.keys_file.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_one_line(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(home.path)._replace(free=1024)
    monkeypatch.setattr("shutil.disk_usage", lambda path: full)

    with pytest.raises(HomeError, match="is full: 0 MiB are free, 256 are needed"):
        home.prepare()


def test_no_space_left_is_the_same_line(home: Home) -> None:
    error = OSError(errno.ENOSPC, "No space left on device")

    assert "is full: free some space" in str(home.explain(error))


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(HomeError, match="cannot be written"):
        Home(path=tmp_path / "file" / "home").prepare()


def test_a_second_up_is_refused_and_told_who_runs(home: Home) -> None:
    lock = checks.take_home(home)
    try:
        with pytest.raises(HomeError, match=r"already runs on .* \(process \d+\)"):
            checks.take_home(home)
    finally:
        lock.release()

    checks.take_home(home).release()


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=f"Port {port} cannot be used"):
            checks.port_is_free("127.0.0.1", port)


def test_a_database_that_does_not_answer_is_one_line() -> None:
    with pytest.raises(LocalError, match="database does not answer") as caught:
        checks.database_answers("postgresql://me:secret@127.0.0.1:1/none")

    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_redis_that_does_not_answer_is_one_line() -> None:
    with pytest.raises(LocalError, match="Redis does not answer") as caught:
        checks.redis_answers("redis://:secret@127.0.0.1:1/0")

    assert "secret" not in str(caught.value)
