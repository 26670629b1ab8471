"""Deliverers that are killed between sending and writing down lose nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest
from django.conf import settings as platform
from django.db import connection

from lyticsapp.accounts.models import Account
from subscriptions.common_settings import USUAL_WORKERS
from subscriptions.models import Delivery, Subscription
from tests.receiver import Receiver
from tests.subscriptions.making import make_segment, make_subscription, moved, write
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
SEED = 20_260
USERS = range(1, 41)
BETWEEN = 30
"""Messages that arrive between two kills, at most."""
PATIENCE_S = 60

pytestmark = pytest.mark.django_db(transaction=True)

_LET_LEASES_END = "UPDATE subscriptions_lease SET until = now()"


@pytest.fixture(autouse=True)
def _loopback_allowed(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


class Deliverers:
    """One at a time, until it is killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._pid = 0

    def begin(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._pid = int(self._process.stdout.readline())

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        killed = psutil.Process(self._pid)
        wait_until(
            lambda: not killed.is_running() or killed.status() == psutil.STATUS_ZOMBIE,
            what="the deliverer to end",
        )
        with connection.cursor() as cursor:
            cursor.execute(_LET_LEASES_END)


@contextmanager
def deliverers(subscription: Subscription) -> Iterator[Deliverers]:
    found = os.environ["DATABASE_URL"]
    head, _, options = found.partition("?")
    address = f"{head.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.storm.deliverer", str(subscription.pk)],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": f"{address}?{options}" if options else address,
            "REDIS_URL": platform.REDIS_URL,
            "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Deliverers(process)
    finally:
        for child in psutil.Process(process.pid).children():
            child.kill()
        process.kill()
        process.communicate()


def test_a_few_kills_lose_nothing_and_keep_the_order() -> None:
    run(kills=8)


@pytest.mark.storm
@pytest.mark.timeout(900)
def test_a_hundred_kills_lose_nothing_and_keep_the_order() -> None:
    run(kills=100)


def run(kills: int) -> None:
    rng = random.Random(SEED)
    account = Account.objects.create(name="Own")
    segment = make_segment(account)
    steps = ["enter", "exit"] * (2 + kills * BETWEEN // (2 * len(USERS)))
    with Receiver() as receiver:
        subscription = make_subscription(account, [segment], f"{receiver.url}/hook")
        write(account, [moved(segment, step, user) for step in steps for user in USERS])
        with deliverers(subscription) as at_work:
            at_work.begin()
            for _ in range(kills):
                wanted = len(receiver.received) + rng.randint(1, BETWEEN)
                wait_until(
                    lambda wanted=wanted: len(receiver.received) >= wanted,  # type: ignore[misc]
                    timeout=PATIENCE_S,
                    what="messages between two kills",
                )
                at_work.kill()
                at_work.begin()
            wait_until(
                lambda: not _waiting(subscription).exists(),
                timeout=PATIENCE_S,
                what="all to be delivered",
            )
        bodies = [orjson.loads(each.body) for each in receiver.received]
    _all_arrived_in_order(subscription, bodies, kills)


def _all_arrived_in_order(
    subscription: Subscription, bodies: list[dict[str, Any]], kills: int
) -> None:
    sent = Delivery.objects.for_account(subscription.account_id)
    ids = {str(each) for each in sent.values_list("message_id", flat=True)}
    arrived = [body["meta"]["id"] for body in bodies]
    assert set(arrived) == ids
    again = len(arrived) - len(ids)
    assert again > 0, "no deliverer was killed between sending and writing down"
    # Written down within 20 ms of being sent, and at the latest by the 128th.
    assert again <= kills * (USUAL_WORKERS + 128)
    known: dict[str, int] = defaultdict(int)
    for body in bodies:
        user, number = body["data"]["user_id"], body["meta"]["sequence"]
        # One that is sent again is the last that was sent of its user, or a new one.
        assert number >= known[user], "an earlier message came after a later one"
        known[user] = number


def _waiting(subscription: Subscription) -> Any:
    rows = Delivery.objects.for_account(subscription.account_id)
    return rows.filter(subscription=subscription).exclude(state="delivered")
