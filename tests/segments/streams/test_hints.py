"""Hints to the workers: soon, few, and never in the way."""

from __future__ import annotations

import socket
import time

import pytest
import redis
from django.conf import settings as django_settings
from django.db import transaction

from segments.streams import hints
from segments.streams.accept import accept
from segments.streams.json_body import read_json
from segments.streams.lanes import lane_of
from tests.segments.streams.stored import make_call
from tests.waiting import wait_until

# An account that no other test has: hints of theirs may still be on their way.
NOBODY = 2_000_000_000


@pytest.fixture
def sent(monkeypatch):
    """The hints that are sent, in place of Celery's broker."""
    found = []

    def send_task(name, args, retry, expires):
        assert (name, retry) == ("segments.pipeline.tasks.process_lane", False)
        assert expires == hints.TASK_EXPIRES_S
        found.append(tuple(args))

    monkeypatch.setattr(hints.current_app, "send_task", send_task)
    return found


@pytest.fixture
def sender(sent, monkeypatch):
    """A sender as another process has one, with an empty Redis."""
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        for key in client.scan_iter("hint:*"):
            client.delete(key)
    fresh = hints._Sender()
    monkeypatch.setattr(hints, "_sender", fresh)
    yield fresh
    fresh.redis.close()


def wait_for(sent, count):
    wait_until(lambda: len(sent) >= count, what=f"{count} hints")


def test_each_lane_is_hinted_once_until_a_worker_starts(sender, sent):
    hints.hint(NOBODY, [3, 4])
    wait_for(sent, 2)
    hints.hint(NOBODY, [3, 4, 5])
    wait_for(sent, 3)
    assert sorted(sent) == [(NOBODY, 3), (NOBODY, 4), (NOBODY, 5)]

    hints.started(NOBODY, 4)
    hints.hint(NOBODY, [3, 4])
    wait_for(sent, 4)
    assert sent[3:] == [(NOBODY, 4)]


def test_no_process_hints_what_another_has_hinted(sender, sent, monkeypatch):
    hints.hint(NOBODY, [3])
    wait_for(sent, 1)

    monkeypatch.setattr(hints, "_sender", hints._Sender())
    hints.hint(NOBODY, [3, 9])
    wait_for(sent, 2)
    hints._sender.redis.close()

    assert sent == [(NOBODY, 3), (NOBODY, 9)]


def test_a_hint_that_was_lost_may_be_repeated(sender, sent, monkeypatch):
    monkeypatch.setattr(hints, "EXPIRES_MS", 20)
    hints.hint(NOBODY, [3])
    wait_for(sent, 1)

    wait_until(
        lambda: not sender.redis.exists(f"hint:{NOBODY}:3"), what="the key to expire"
    )
    hints.hint(NOBODY, [3])
    wait_for(sent, 2)


def test_without_redis_nothing_waits_and_it_recovers(sender, sent, settings, caplog):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address, settings.REDIS_URL = (
            settings.REDIS_URL,
            (f"redis://127.0.0.1:{unused.getsockname()[1]}/0"),
        )
        before = time.monotonic()
        hints.hint(NOBODY, [3])
        hints.started(NOBODY, 3)
        assert time.monotonic() - before < 1
        wait_until(lambda: "hints were not sent" in caplog.text, what="the warning")
        assert sent == []

    sender._redis.close()
    sender._redis, settings.REDIS_URL = None, address
    hints.hint(NOBODY, [3])
    wait_for(sent, 1)


@pytest.mark.usefixtures("leaves_no_events")
def test_lanes_are_hinted_after_the_commit(sender, sent, account):
    call = make_call(account_id=account.pk)
    (record,) = read_json(b'{"user_id": "a"}', call)

    with transaction.atomic():
        accept(call, [record])
        assert sender._noted == set()
        assert sent == []

    wait_for(sent, 1)
    assert sent == [(account.pk, lane_of(record))]


@pytest.mark.usefixtures("leaves_no_events")
def test_what_is_rolled_back_is_not_hinted(sender, sent, account):
    call = make_call(account_id=account.pk)

    with transaction.atomic():
        accept(call, read_json(b'{"user_id": "a"}', call))
        transaction.set_rollback(True)

    hints.hint(0, [0])
    wait_for(sent, 1)
    assert sent == [(0, 0)]
