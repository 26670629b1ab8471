"""Single-event collect calls a second, beside an empty view of the same server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median

import psutil
import requests

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Scope
from lyticsapp.local.home import Home
from lyticsapp.local.parts import HOST, platform_parts
from tests.bench.figures import Figure, Finding
from tests.bench.ground import ROOT
from tests.ports import free_port
from tests.waiting import wait_until

AIM = 0.5
EMPTY = "/bench/empty"
COLLECT = "/collect/json/bench"


@dataclass(frozen=True, slots=True)
class Size:
    rounds: int
    seconds: float


FULL = Size(rounds=9, seconds=8)
REDUCED = Size(rounds=3, seconds=4)


def measure(home: Home, size: Size) -> Finding:
    account = Account.objects.create(name="Bench")
    token = tokens.issue(
        account=account, name="bench", scopes=[Scope.DATA], actor=SYSTEM
    ).text
    port = free_port()
    with _web_process(home, port):
        for path in (EMPTY, COLLECT):
            _rate(port, path, token, 2)
        pairs = [
            (
                _rate(port, COLLECT, token, size.seconds),
                _rate(port, EMPTY, token, size.seconds),
            )
            for _ in range(size.rounds)
        ]
    return Finding(
        figures=[
            Figure(
                what="single-event collect calls/s, one web process",
                measured=median(collect for collect, _ in pairs),
                floor=median(empty for _, empty in pairs),
                unit="calls/s",
                aim=AIM,
                at_least=True,
            )
        ],
        sizes=f"{size.rounds} rounds of {size.seconds:g} s each, 8 connections",
        how=(
            "Floor: the same gunicorn process, same call, answered by an empty view"
            " behind the same middleware. In turn; medians. The calls come from"
            " another process; no worker runs beside."
        ),
    )


@contextmanager
def _web_process(home: Home, port: int) -> Iterator[None]:
    """Gunicorn as `up` starts it, but with one process."""
    (web,) = [part for part in platform_parts(port) if part.name == "web"]
    command = [
        "--workers=1" if argument.startswith("--workers=") else argument
        for argument in web.command
    ]
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.bench.settings"}
    with (home.logs / "web.log").open("ab") as log:
        process = psutil.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(port), timeout=60, what="the web process")
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    with suppress(requests.RequestException):
        return requests.post(f"http://{HOST}:{port}{EMPTY}", timeout=5).ok
    return False


def _rate(port: int, path: str, token: str, seconds: float) -> float:
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.bench.hammer",
            str(port),
            path,
            token,
            str(seconds),
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    rate: float = json.loads(told)["calls_per_s"]
    return rate
