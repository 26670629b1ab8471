"""A destination that is down for an hour, with a long queue, beside one that is not.

The time is moved, not waited for.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
import time_machine
from django.utils import timezone

from lyticsapp.accounts.models import Account
from subscriptions import deliver
from subscriptions.models import Delivery
from tests.receiver import Receiver
from tests.subscriptions.making import make_segment, make_subscription, moved, write

MINUTES = 60
STEP = timedelta(minutes=1)
CHUNK = 2_000

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loopback_allowed(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


def test_an_hour_of_outage_holds_up_nobody_and_drains_in_order() -> None:
    run(queued=2_000)


@pytest.mark.storm
@pytest.mark.timeout(1200)
def test_an_hour_of_outage_with_100_000_messages_does() -> None:
    run(queued=100_000)


def run(queued: int) -> None:
    account = Account.objects.create(name="Own")
    stormy, calm = make_segment(account, "stormy"), make_segment(account, "calm")
    is_down = True
    with Receiver(answer=lambda _: 500 if is_down else 200) as down, Receiver() as up:
        failing = make_subscription(account, [stormy], f"{down.url}/hook")
        healthy = make_subscription(account, [calm], f"{up.url}/hook")
        users = range(1, queued // 10 + 1)
        updates = [moved(stormy, e, u) for e in ["enter", "exit"] * 5 for u in users]
        random.Random(1).shuffle(updates)
        for start in range(0, len(updates), CHUNK):
            write(account, updates[start : start + CHUNK])
        begun = timezone.now()
        for minute in range(MINUTES):
            with time_machine.travel(begun + minute * STEP):
                while deliver.deliver(failing.pk):
                    pass
                write(account, [moved(calm, "enter", 1_000_000 + minute)])
                deliver.deliver(healthy.pk)
            assert len(up.received) == minute + 1, "it was held up"
        failed = len(down.received)
        assert failed < queued, "a destination that is down is left alone"
        is_down = False
        for later in _rounds():
            with time_machine.travel(begun + MINUTES * STEP + later):
                while deliver.deliver(failing.pk):
                    pass
            if not _waiting(failing).exists():
                break
        bodies = [orjson.loads(each.body) for each in down.received[failed:]]
    assert len({body["meta"]["id"] for body in bodies}) == queued
    last: dict[str, int] = defaultdict(int)
    for body in bodies:
        user = body["data"]["user_id"]
        assert body["meta"]["sequence"] > last[user]
        last[user] = body["meta"]["sequence"]


def _rounds() -> Iterator[timedelta]:
    """Long enough apart for whatever was put off to be due."""
    return (timedelta(hours=2 * number) for number in range(20))


def _waiting(subscription: Any) -> Any:
    rows = Delivery.objects.for_account(subscription.account_id)
    return rows.filter(subscription=subscription).exclude(state="delivered")
