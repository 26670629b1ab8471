"""`manage.py up` as a person runs it: ready, restarted, stopped, recovered."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
import requests
from azure.eventhub import EventHubProducerClient

from lyticsapp.local import leftovers, postgres, redis
from lyticsapp.local.home import Home
from lyticsapp.local.servers import stop as stop_servers
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
OUTSIDE = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS")
PATIENCE_S = 180

# One worker starts what these share, rather than each worker its own.
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("up")]


@dataclass
class Installation:
    """An `up` under way and what it printed."""

    process: subprocess.Popen[bytes]
    home: Home
    output: Path
    port: int

    @property
    def said(self) -> str:
        return self.output.read_text()

    def health(self) -> dict[str, Any]:
        try:
            answer = requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5)
        except requests.RequestException:
            return {}
        return {"code": answer.status_code, **answer.json()}

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.said
            return self.health().get("code") == 200 and "Ready at" in self.said

        wait_until(ready, timeout=PATIENCE_S, what="up to be ready")

    def parts(self) -> list[psutil.Process]:
        return leftovers._find(self.home)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def nothing_is_left(self) -> bool:
        return not (
            self.parts()
            or postgres.find(self.home.postgres)
            or redis.find(self.home.redis)
        )


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(path=tmp_path / "home")
    yield home
    leftovers.stop(home)
    stop_servers(home)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One `up` for all tests that leave it running."""
    home = Home(path=tmp_path_factory.mktemp("up") / "home")
    installation = _up(home, _free_port())
    try:
        installation.wait_until_ready()
        yield installation
        # The last of these tests, whichever that is.
        assert installation.end(signal.SIGTERM) == 0, installation.said
        assert installation.nothing_is_left()
        assert installation.said.splitlines()[-1] == "Stopped."
    finally:
        if installation.process.poll() is None:
            installation.end(signal.SIGKILL)
        leftovers.stop(home)
        stop_servers(home)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
        return number


def _environ(**given: str) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if k not in OUTSIDE}
    return inherited | given


def _up(home: Home, port: int) -> Installation:
    output = home.path.parent / "up.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [
                *(sys.executable, "manage.py", "up", "--local-cloud"),
                *(f"--home={home.path}", f"--port={port}"),
            ],
            cwd=ROOT,
            env=_environ(),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Installation(process=process, home=home, output=output, port=port)


def _manage(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=_environ(**environ),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


class TestWhileItRuns:
    """What holds while one `up` runs; started once for all of these."""

    def test_it_writes_the_credentials_for_its_owner_alone(
        self, running: Installation
    ) -> None:
        credentials = running.home.credentials()

        assert set(credentials) == {
            *("url", "admin_user", "admin_password", "api_token", "account_id"),
            *("aws_endpoint_url", "inbox_url", "mailbox_url"),
            *("aws_access_key_id", "aws_secret_access_key"),
            *("eventhub_namespace_url", "eventhub_connection_string"),
            *("eventhub_name", "azure_authority_url", "azure_tenant_id"),
            *("azure_client_id", "azure_client_secret"),
            *("aws_authorization_id", "azure_authorization_id"),
        }
        assert running.home.credentials_file.stat().st_mode & 0o777 == 0o600
        assert running.home.keys_file.stat().st_mode & 0o777 == 0o600
        assert credentials["admin_password"] in running.said
        for line in running.home.keys_file.read_text().splitlines():
            assert line.split("=", 1)[1] not in running.said

    def test_its_token_opens_the_api(self, running: Installation) -> None:
        credentials = running.home.credentials()
        answer = requests.get(
            f"{credentials['url']}/api/segment",
            headers={"Authorization": credentials["api_token"]},
            timeout=10,
        )

        assert answer.status_code == 200

    def test_the_stand_ins_answer(self, running: Installation) -> None:
        credentials = running.home.credentials()

        posted = requests.post(credentials["inbox_url"] + "/x", data="x", timeout=10)
        assert posted.status_code == 200
        assert requests.get(credentials["mailbox_url"], timeout=10).ok
        sts = boto3.client(
            "sts",
            region_name="us-east-1",
            endpoint_url=credentials["aws_endpoint_url"],
            aws_access_key_id=credentials["aws_access_key_id"],
            aws_secret_access_key=credentials["aws_secret_access_key"],
        )
        assert sts.get_caller_identity()["Arn"].endswith(":user/lyticsapp")
        with EventHubProducerClient.from_connection_string(
            credentials["eventhub_connection_string"],
            eventhub_name=credentials["eventhub_name"],
        ) as producer:
            assert producer.get_partition_ids() == ["0", "1", "2", "3"]

    @pytest.mark.parametrize("name", ["aws", "azure"])
    def test_the_stand_ins_have_authorizations_that_work(
        self, running: Installation, name: str
    ) -> None:
        credentials = running.home.credentials()
        public_id = credentials[f"{name}_authorization_id"]
        answer = requests.post(
            f"{credentials['url']}/api/auth/{public_id}/test",
            headers={"Authorization": credentials["api_token"]},
            timeout=30,
        )

        assert answer.json()["data"]["health"] == "healthy", answer.text

    def test_a_second_up_is_refused_in_one_line(self, running: Installation) -> None:
        second = _manage("up", "--home", str(running.home.path), "--port", "1")

        assert second.returncode != 0
        [line] = second.stderr.strip().splitlines()
        assert "already runs on" in line
        assert running.health()["code"] == 200

    def test_another_command_finds_the_servers(self, running: Installation) -> None:
        before = postgres.find(running.home.postgres)
        shown = _manage(
            "shell",
            "-v0",
            "-c",
            "from lyticsapp.accounts.models import Account;"
            "print(Account.objects.count())",
            LYTICSAPP_HOME=str(running.home.path),
        )

        assert shown.stdout.split() == ["1"], shown.stderr
        after = postgres.find(running.home.postgres)
        assert before is not None
        assert after is not None
        assert after.process.pid == before.process.pid

    @pytest.mark.parametrize("part", ["web", "beat", "worker-pipeline"])
    def test_a_killed_part_is_started_again(
        self, running: Installation, part: str
    ) -> None:
        word = {
            "web": "gunicorn",
            "beat": "--pidfile=",
            "worker-pipeline": "--queues=pipeline",
        }[part]
        mains = [
            process
            for process in running.parts()
            if word in process.cmdline()
            and "inbox:create" not in " ".join(process.cmdline())
            and process.ppid() == running.process.pid
        ]
        for process in mains:
            process.kill()

        assert mains
        wait_until(
            lambda: f"{part} was killed by SIGKILL; starting it again" in running.said,
            what="the line that says so",
        )
        wait_until(
            lambda: running.health().get("code") == 200,
            timeout=PATIENCE_S,
            what="everything to be well again",
        )

    def test_killed_servers_are_started_again(self, running: Installation) -> None:
        for server in (
            redis.find(running.home.redis),
            postgres.find(running.home.postgres),
        ):
            assert server is not None
            server.process.kill()

        wait_until(
            lambda: (
                "PostgreSQL had ended; it was started again" in running.said
                and "Redis had ended; it was started again" in running.said
            ),
            timeout=PATIENCE_S,
            what="the lines that say so",
        )
        wait_until(
            lambda: running.health().get("code") == 200,
            timeout=PATIENCE_S,
            what="everything to be well again",
        )


def test_it_recovers_from_being_killed(home: Home) -> None:
    port = _free_port()
    first = _up(home, port)
    first.wait_until_ready()
    credentials = home.credentials()
    first.end(signal.SIGKILL)

    second = _up(home, port)
    second.wait_until_ready()
    assert home.credentials() == credentials
    assert second.end(signal.SIGINT) == 0
    assert second.nothing_is_left()


def test_a_port_in_use_is_one_line(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = _manage("up", "--home", str(home.path), "--port", port)

    assert refused.returncode != 0
    [line] = refused.stderr.strip().splitlines()
    assert f"Port {port} cannot be used" in line
    assert postgres.find(home.postgres) is None


def test_a_database_that_does_not_answer_is_one_line(home: Home) -> None:
    refused = _manage(
        *("up", "--home", str(home.path), "--port", str(_free_port())),
        DATABASE_URL="postgresql://me@127.0.0.1:1/none",
    )

    assert refused.returncode != 0
    [line] = refused.stderr.strip().splitlines()
    assert "database does not answer" in line


def test_an_unwritable_home_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    refused = _manage("up", "--home", str(tmp_path / "file" / "home"))

    assert refused.returncode != 0
    [line] = refused.stderr.strip().splitlines()
    assert "cannot be written" in line


def test_a_command_without_need_starts_nothing(tmp_path: Path) -> None:
    shown = _manage("help", "--home", str(tmp_path / "home"))

    assert shown.returncode == 0
    assert not (tmp_path / "home").exists()


def test_the_last_command_out_stops_the_servers(tmp_path: Path) -> None:
    home = Home(path=tmp_path / "home")
    wait = "import sys; print('in', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v0", "-c", wait],
        cwd=ROOT,
        env=_environ(LYTICSAPP_HOME=str(home.path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"in\n"
        second = _manage("shell", "-v0", "-c", "", LYTICSAPP_HOME=str(home.path))
        assert second.returncode == 0, second.stderr
        assert postgres.find(home.postgres) is not None
        first.communicate()

    assert postgres.find(home.postgres) is None
    assert redis.find(home.redis) is None
    assert set(json.loads((home.redis / "server.json").read_text())) >= {"port"}
