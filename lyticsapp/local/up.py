"""Everything on one machine: checks, migrations, first account, supervision."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

import psutil
import requests
from django.conf import settings
from django.core.management import call_command
from django.db import Error, connections

from lyticsapp.accounts.bootstrap import FirstAccount
from lyticsapp.local import checks, credentials, leftovers, processes
from lyticsapp.local.cloud import authorizations
from lyticsapp.local.cloud.stand_ins import StandIns
from lyticsapp.local.errors import LocalError
from lyticsapp.local.home import Home
from lyticsapp.local.locks import FileLock
from lyticsapp.local.parts import HOST, platform_parts
from lyticsapp.local.servers import Servers
from lyticsapp.local.supervisor import Say, Supervisor
from segments.streams.tasks import keep_partitions

READY_TIMEOUT_S = 120
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(servers: Servers, *, port: int, local_cloud: bool, say: Say) -> None:
    """Run everything until Ctrl-C or SIGTERM."""
    _listen_for_stop()
    processes.adopt_orphans()
    home = servers.home
    lock = checks.take_home(home)
    leftovers.stop(home)
    checks.port_is_free(HOST, port)
    watchdog = _start_watchdog(home, lock)
    supervisor = None
    try:
        first = _prepare_database(say)
        stand_ins = StandIns.choose(home) if local_cloud else None
        supervisor = _supervisor(servers, port=port, stand_ins=stand_ins, say=say)
        url = f"http://{HOST}:{port}"
        addresses = {"url": url} | (stand_ins.addresses if stand_ins else {})
        kept = {**stand_ins.secrets, **_authorized(stand_ins)} if stand_ins else {}
        _write_credentials(home, first, addresses | kept)
        supervisor.start()
        _wait_until_ready(supervisor, url)
        _say_where(home, first, addresses, say=say)
        while True:
            supervisor.watch_once()
    except KeyboardInterrupt:
        say("Stopping.")
    finally:
        _stop(supervisor, servers, watchdog, say=say)
        lock.release()
    say("Stopped.")


def _listen_for_stop() -> None:
    for number in STOP_SIGNALS:
        # nohup asks us to outlive the terminal.
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _start_watchdog(home: Home, lock: FileLock) -> psutil.Popen:
    with (home.logs / "watchdog.log").open("ab") as output:
        return psutil.Popen(
            [sys.executable, "-m", "lyticsapp.local.watchdog", str(home.path)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=settings.BASE_DIR,
            pass_fds=(lock.fileno(),),
        )


def _prepare_database(say: Say) -> FirstAccount | None:
    checks.database_answers(os.environ["DATABASE_URL"])
    checks.redis_answers(os.environ["REDIS_URL"])
    say("Preparing the database.")
    try:
        call_command("migrate", verbosity=0, interactive=False)
        keep_partitions()
        return credentials.ensure_account()
    except Error as error:
        reason = " ".join(str(error).split())
        raise LocalError(f"The database could not be prepared: {reason}") from error
    finally:
        connections.close_all()


def _authorized(stand_ins: StandIns) -> dict[str, str]:
    """The ids of the authorizations for the stand-ins, which are made here."""
    try:
        return authorizations.ensure(stand_ins)
    finally:
        connections.close_all()


def _supervisor(
    servers: Servers, *, port: int, stand_ins: StandIns | None, say: Say
) -> Supervisor:
    environ = {"SITE_URL": f"http://{HOST}:{port}", **os.environ}
    parts = platform_parts(port)
    if stand_ins is not None:
        environ = stand_ins.environment(environ)
        parts = [*stand_ins.parts(), *parts]
    return Supervisor(
        servers,
        parts,
        environ=environ | leftovers.mark(servers.home),
        directory=settings.BASE_DIR,
        say=say,
    )


def _write_credentials(
    home: Home, first: FirstAccount | None, addresses: dict[str, str]
) -> None:
    try:
        credentials.write(home, first=first, addresses=addresses)
    except OSError as error:
        raise home.explain(error) from error


def _wait_until_ready(supervisor: Supervisor, url: str) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    reason = "the web server does not answer"
    while time.monotonic() < deadline:
        supervisor.watch_once()
        with suppress(requests.RequestException):
            response = requests.get(f"{url}/healthz", timeout=5)
            if response.status_code == 200:
                return
            reason = _what_is_down(response)
    raise LocalError(
        f"Not ready after {READY_TIMEOUT_S} s: {reason}."
        f" The logs are in {supervisor.servers.home.logs}."
    )


def _what_is_down(response: requests.Response) -> str:
    if "json" not in response.headers.get("Content-Type", ""):
        return f"/healthz answers {response.status_code}"
    parts: dict[str, dict[str, str]] = response.json()["parts"]
    down = [
        f"{name}: {part.get('reason', 'down')}"
        for name, part in parts.items()
        if part["status"] != "ok"
    ]
    return ", ".join(down)


def _say_where(
    home: Home, first: FirstAccount | None, addresses: dict[str, str], *, say: Say
) -> None:
    say(f"Ready at {addresses['url']} (Ctrl-C stops everything)")
    lines = {"Admin": f"{addresses['url']}/admin/"}
    if first is not None:
        lines |= {
            "Login": first.admin_user,
            "Password": first.admin_password,
            "API token": first.api_token,
        }
    lines |= {
        StandIns.LABELS[name]: address
        for name, address in addresses.items()
        if name in StandIns.LABELS
    }
    lines["Credentials"] = str(home.credentials_file)
    for label, value in lines.items():
        say(f"  {label:<12} {value}")


def _stop(
    supervisor: Supervisor | None,
    servers: Servers,
    watchdog: psutil.Popen,
    *,
    say: Say,
) -> None:
    """Stop everything; a second Ctrl-C meanwhile stops it at once."""
    try:
        if supervisor is not None:
            supervisor.stop()
    except KeyboardInterrupt:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        say("Stopping at once.")
        assert supervisor is not None
        supervisor.kill()
    finally:
        leftovers.stop(servers.home)
        servers.stop()
        watchdog.stdin.close()
        watchdog.wait()
        processes.reap_orphans()
