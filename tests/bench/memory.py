"""What a worker's memory is after many events, beside what it was after few."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from django.conf import settings

from lyticsapp.local.home import Home
from lyticsapp.local.parts import platform_parts
from segments.streams import hints
from segments.streams.models import PendingEvent
from tests.bench.account import BenchAccount
from tests.bench.figures import Figure, Finding
from tests.bench.ground import ROOT
from tests.waiting import wait_until

AIM = 1.2
MIB = 2**20
PUT_EVENTS = 10_000
SLOWEST_EVENTS_PER_S = 100


@dataclass(frozen=True, slots=True)
class Size:
    profiles: int
    few: int
    many: int


FULL = Size(profiles=100_000, few=10_000, many=1_000_000)
REDUCED = Size(profiles=20_000, few=10_000, many=100_000)


def measure(home: Home, size: Size) -> Finding:
    account = BenchAccount()
    account.put_people(range(size.profiles))
    account.work()
    with _worker(home) as worker:
        _feed(account, size, 0, size.few)
        few = _resident(worker)
        _feed(account, size, size.few, size.many)
        many = _resident(worker)
    return Finding(
        figures=[
            Figure(
                what=f"memory of a worker after {size.many:,} events",
                measured=many,
                floor=few,
                unit="MiB",
                aim=AIM,
                at_least=False,
            )
        ],
        sizes=f"{size.profiles:,} profiles of 30 fields, 100 segments",
        how=(
            f"Floor: the same process after {size.few:,} events. Resident memory of"
            " the process that applies the events, of a Celery worker as `up` starts"
            " it, with one such process."
        ),
    )


@contextmanager
def _worker(home: Home) -> Iterator[psutil.Process]:
    """The process in which a pipeline worker applies events."""
    parts = {part.name: part for part in platform_parts(port=0)}
    command = [
        "--concurrency=1" if argument.startswith("--concurrency=") else argument
        for argument in parts["worker-pipeline"].command
    ]
    with (home.logs / "worker.log").open("ab") as log:
        process = psutil.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        (worker,) = wait_until(process.children, timeout=60, what="the worker")
        yield worker
    finally:
        process.terminate()
        process.wait(60)


def _feed(account: BenchAccount, size: Size, done: int, until: int) -> None:
    for start in range(done, until, PUT_EVENTS):
        count = min(PUT_EVENTS, until - start)
        account.put(account.events(count, size.profiles))
        wait_until(
            lambda: _is_idle(account),
            timeout=60 + count / SLOWEST_EVENTS_PER_S,
            what="the worker to apply the events",
        )


def _is_idle(account: BenchAccount) -> bool:
    """Whether all is applied; hints again where not, as the sweep would."""
    lanes = set(
        PendingEvent.objects.filter(account_id=account.account.pk)
        .values_list("lane", flat=True)
        .distinct()
    )
    assert lanes <= set(range(settings.PIPELINE_LANES))
    hints.hint(account.account.pk, lanes)
    return not lanes


def _resident(worker: psutil.Process) -> float:
    resident: int = worker.memory_info().rss
    return resident / MIB
