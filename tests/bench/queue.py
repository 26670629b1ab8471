"""A long queue, and a destination that is down: what they cost the others.

Memory: of a process that delivers, with a short and a long queue. Latency: of a
destination that answers at once, alone and beside one that is down with a long queue;
both are delivered to by the threads of one process, as the worker does it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import psutil
from django.conf import settings
from django.db import connection

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.jobs import control, workflow
from lyticsapp.local.home import Home
from segments.definitions.upsert import upsert_from_text
from subscriptions import deliver, hints, lookup
from subscriptions.models import Subscription
from tests.bench.channels import fill
from tests.bench.figures import Figure, Finding
from tests.bench.sink import sink
from tests.receiver import Receiver
from tests.waiting import wait_until

MEMORY_AIM = 1.2
LATENCY_AIM = 1.3
SHORT = 1_000
MIB = 1_048_576
EVERY_S = 0.02
NOWHERE = "http://127.0.0.1:9/hook"


@dataclass(frozen=True, slots=True)
class Size:
    queued: int
    seconds: int
    messages: int


FULL = Size(queued=1_000_000, seconds=20, messages=1_000)
REDUCED = Size(queued=50_000, seconds=5, messages=200)


def measure(home: Home, size: Size) -> Finding:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    account = Account.objects.create(name="Bench")
    upsert_from_text(account, "FILTER x = 1 FROM user ALIAS bench", SYSTEM)
    return Finding(
        figures=[_memory(account, size), _latency(account, size)],
        sizes=(
            f"{size.queued:,} messages of 1 KB queued beside {SHORT:,};"
            f" {size.messages:,} messages to the healthy destination, one each"
            f" {EVERY_S * 1000:g} ms"
        ),
        how=(
            "Memory: what this process holds after it has delivered the short queue,"
            f" and after {size.seconds} s at the long one. Latency: the median from"
            " the hint after the commit to the receipt, beside a destination that"
            " refuses connections and has the long queue; floor: the same alone."
        ),
    )


def _memory(account: Account, size: Size) -> Figure:
    process = psutil.Process()
    with sink() as address:
        short, long = (_subscription(account, f"{address}/{n}") for n in (1, 2))
        fill(short, SHORT)
        fill(long, size.queued)
        while deliver.deliver(short.pk):
            pass
        floor = process.memory_info().rss / MIB
        ends_at = time.monotonic() + size.seconds
        while time.monotonic() < ends_at:
            deliver.deliver(long.pk)
        measured = process.memory_info().rss / MIB
    control.delete(long.job, SYSTEM)
    return Figure(
        what="memory of a deliverer with a long queue",
        measured=measured,
        floor=floor,
        unit="MiB",
        aim=MEMORY_AIM,
        at_least=False,
    )


def _latency(account: Account, size: Size) -> Figure:
    with Receiver() as receiver:
        healthy = _subscription(account, f"{receiver.url}/hook")
        with _deliverers(healthy):
            floor = _median_ms(healthy, receiver, size.messages)
            down = _subscription(account, NOWHERE)
            fill(down, size.queued)
            with _deliverers(down):
                measured = _median_ms(healthy, receiver, size.messages)
    return Figure(
        what="latency of a healthy destination beside one that is down, median",
        measured=measured,
        floor=floor,
        unit="ms",
        aim=LATENCY_AIM,
        at_least=False,
    )


def _median_ms(subscription: Subscription, receiver: Receiver, messages: int) -> float:
    took = []
    for _ in range(messages):
        known = len(receiver.received)
        fill(subscription, 1)
        begun = time.perf_counter()
        hints.hint([subscription.pk])
        wait_until(
            lambda known=known: len(receiver.received) > known,  # type: ignore[misc]
            what="the message",
        )
        took.append((time.perf_counter() - begun) * 1000)
    return median(took[messages // 10 :])


@contextmanager
def _deliverers(subscription: Subscription) -> Iterator[None]:
    """A thread that delivers whenever the subscription is hinted, or swept."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            if not deliver.deliver(subscription.pk):
                hints.wait(subscription.pk, 1.0)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _subscription(account: Account, url: str) -> Subscription:
    config = {"webhook_url": url, "segment_ids": ["bench"]}
    wanted = workflow.Wanted("webhook_triggers", url, "", None, config)
    return lookup.driven_by(control.create(account, wanted, SYSTEM))
