"""Tasks: looking again where another worker has a lane, and hints that do not pile up."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.conf import settings

from lyticsapp.celery import app
from segments.definitions import lock, recompute
from segments.pipeline import tasks
from segments.pipeline.batch import Batch, Lane
from segments.streams import hints
from tests.segments.pipeline.accounts import (
    drain,
    make_account,
    make_segment,
    put_events,
)

LANE = (1, 3)


@pytest.fixture
def scheduled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The looks that are put off, in place of Celery's broker."""
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(
        tasks.process_lane, "apply_async", lambda args, countdown: found.append(args)
    )
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(*[f"hint:{LANE[0]}:{LANE[1]}"])
    return found


def test_whoever_finds_the_lane_held_looks_again_soon(
    scheduled: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "process_around", lambda *_: Batch(Lane.BUSY))
    tasks.process_lane(*LANE)
    assert scheduled == [LANE]


def test_it_leaves_that_to_a_hint_that_has_come_meanwhile(
    scheduled: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy_while_a_hint_comes(account_id: int, lane: int) -> Batch:
        assert hints.take(account_id, lane)
        return Batch(Lane.BUSY)

    monkeypatch.setattr(tasks, "process_around", busy_while_a_hint_comes)
    tasks.process_lane(*LANE)
    assert scheduled == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("told")
def test_what_the_sweep_sends_for_a_long_walk_runs_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = make_account()
    segment = make_segment(account, "s", "n > 0")
    put_events(account, [{"user_id": "u1", "n": 1}])
    drain(account)
    with lock.exclusive(account.pk):
        recompute.start(segment, silent=True)
    sent: list[Any] = []
    monkeypatch.setattr(
        app, "send_task", lambda name, args, **how: sent.append((name, args, how))
    )
    tasks.sweep()
    expected = (recompute.TASK, (segment.pk, account.pk), {"expires": 2.0})
    assert sent == [expected]


@pytest.mark.parametrize(
    "task", ["segments.pipeline.tasks.sweep", "subscriptions.tasks.sweep"]
)
def test_sweeps_do_not_queue_behind_long_tasks(task: str) -> None:
    route = app.amqp.router.route({}, task)
    assert route["queue"].name == "sweeps"
