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

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("as_migrated"),
]

ROUNDS = 60
DROPPED_AT_LEAST = 4
WITHIN_S = 60


def test_all_arrive_in_order_while_partitions_come_and_go(
    account, segment, subscription, inbox, monkeypatch
):
    def closed_a_while_ago():
        return closed()[:-2]

    def write_all():
        """Go on until enough was dropped meanwhile, however slow the machine."""
        ends_at = time.monotonic() + WITHIN_S
        while written[0] < ROUNDS or len(dropped) < DROPPED_AT_LEAST:
            assert time.monotonic() < ends_at, f"only {dropped} dropped"
            for event in ("enter", "exit"):
                users = range(1, USERS + 1)
                write(account, [moved(segment, event, user) for user in users])
                written[0] += 1

    def deliver_all():
        while (
            threads[0].is_alive() or len(inbox.arrivals) < written[0] * USERS
        ) and not errors:
            send_all(subscription)

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
    written = [0]
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
    assert len(inbox.arrivals) == written[0] * USERS
    assert last_told(subscription) == {
        int(user): ("exit", sequence) for user, sequence in newest.items()
    }
