"""Messages are written and delivered while partitions come and go."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from subscriptions import partitions, retirement
from tests.subscriptions.making import moved, send_all, write
from tests.subscriptions.partitions.keeping import USERS, last_told
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("as_migrated"),
]

WAVES = 60
FEW = 4
DROPPED_AT_LEAST = 4
WITHIN_S = 60


def test_all_arrive_in_order_while_partitions_come_and_go(
    account, segment, subscription, inbox, monkeypatch
):
    def closed_a_while_ago():
        return closed()[:-2]

    def write_all():
        """Until enough was dropped; never far ahead, as what waits is not dropped."""
        ends_at = time.monotonic() + WITHIN_S
        while len(waves) < WAVES or len(dropped) < DROPPED_AT_LEAST:
            assert time.monotonic() < ends_at, f"only {dropped} dropped"
            for event in ("enter", "exit"):
                waves.append(event)
                write(account, [moved(segment, event, user) for user in users])
            wait_until(nearly_all_arrived, timeout=WITHIN_S, what="them to arrive")

    def nearly_all_arrived():
        return len(inbox.arrivals) >= (len(waves) - FEW) * USERS

    def deliver_all():
        while threads[0].is_alive() or len(inbox.arrivals) < len(waves) * USERS:
            send_all(subscription)
            if errors:
                break

    def run(work):
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    closed = partitions.closed
    monkeypatch.setattr(partitions, "closed", closed_a_while_ago)
    errors: list[Exception] = []
    users = range(1, USERS + 1)
    waves: list[str] = []
    dropped: list[str] = []
    threads = [
        threading.Thread(target=run, args=[work]) for work in (write_all, deliver_all)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with suppress(OperationalError):  # a lock could not be had
            dropped += retirement.keep(timezone.now() + timedelta(days=400)).dropped
    assert errors == []

    newest: dict[str, int] = {}
    for arrival in inbox.arrivals:
        user, sequence = (
            arrival.json["data"]["user_id"],
            arrival.json["meta"]["sequence"],
        )
        assert sequence > newest.get(user, 0)
        newest[user] = sequence
    assert len(inbox.arrivals) == len(waves) * USERS
    assert last_told(subscription) == {
        int(user): ("exit", sequence) for user, sequence in newest.items()
    }
