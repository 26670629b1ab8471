"""Batches, recomputes and changes of definitions at once, on real connections."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from lyticsapp.accounts.models import Account
from segments.definitions import lock, recompute
from segments.definitions.models import Recompute, Segment
from segments.membership.models import Membership
from segments.pipeline import recompute as walks
from segments.pipeline.batch import (
    Lane,
    begin_again_when_stale,
    process,
    raw_cursor,
)
from segments.pipeline.claim import lock_lane
from segments.pipeline.due import evaluate_due
from segments.pipeline.recompute import Walk, walk
from segments.pipeline.triggers import ProfileUpdate
from segments.pipeline.verify import verify
from segments.profiles.models import Identity, Profile
from segments.streams.models import PendingEvent
from tests.segments.pipeline.accounts import (
    LANES,
    make_account,
    make_segment,
    put_events,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 40
LOCK_ACCOUNT = "SELECT FROM accounts_account WHERE id = %s FOR UPDATE"
ROUNDS = 6


class Workers:
    """Threads with connections of their own; what one raises fails the test."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.over = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._run, args=(work,))
        self._threads.append(thread)
        thread.start()

    def finish(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(30)
        assert self.errors == []
        assert not any(thread.is_alive() for thread in self._threads)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            while not self.over.is_set():
                work()
        except BaseException as error:
            self.errors.append(error)
        finally:
            connection.close()


def work_lanes(account: Account) -> None:
    for lane in random.sample(range(LANES), LANES):
        process(account.pk, lane)


def walk_all(account: Account) -> None:
    for segment_id in Recompute.objects.for_account(account).values_list(
        "segment_id", flat=True
    ):
        walk(account.pk, segment_id)


def sweep_due(account: Account) -> None:
    evaluate_due(account.pk)


def edit(segment: Segment, filterql: str) -> None:
    with lock.exclusive(segment.account_id):
        segment.filterql = f"FILTER {filterql}"
        segment.save()
        recompute.start(segment, silent=False)


def send(account: Account, dice: random.Random) -> None:
    for _ in range(60):
        person = dice.randrange(PEOPLE)
        body = {"n": dice.randrange(6), dice.choice("abcdef"): dice.randrange(3)}
        if dice.random() < 0.9:
            body["user_id"] = f"u{person}"
        if dice.random() < 0.3:
            body["email"] = f"e{person // 2}@x"
        put_events(account, [body], lane=dice.randrange(LANES))


def test_everything_at_once_leaves_memberships_as_the_filters_say(
    told: list[ProfileUpdate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walks, "CHUNK_PROFILES", 3)
    monkeypatch.setattr(recompute, "LEAST_OF_A_PART", 8)
    account = make_account()
    dice = random.Random(7)
    segments = [make_segment(account, f"s{n}", f"n > {n}") for n in range(4)]
    make_segment(account, "lately", 'AND (n > 1, _modified > "now-1s")')
    workers = Workers()
    for _ in range(3):
        workers.start(lambda: work_lanes(account))
    for _ in range(2):
        workers.start(lambda: walk_all(account))
    workers.start(lambda: sweep_due(account))
    for number in range(ROUNDS):
        send(account, dice)
        edit(dice.choice(segments), f"n < {number}")
        edit(dice.choice(segments), f'OR (n = {number}, _modified < "now-1s")')
        new = make_segment(account, f"new{number}", f"OR (n = {number}, a = 1)")
        with lock.exclusive(account.pk):
            recompute.start(new, silent=True)
    wait_until(
        lambda: (
            not PendingEvent.objects.filter(account_id=account.pk).exists()
            and not Recompute.objects.for_account(account).exists()
            and not Profile.objects.for_account(account).filter(due_at__isnull=False)
        ),
        timeout=60,
        what="all events applied, all walks ended, and time to have moved everybody",
    )
    workers.finish()
    assert [str(d) for progress in verify() for d in progress.differences] == []
    memberships = Membership.objects.for_account(account).filter(left_at=None)
    assert memberships.count() == sum(
        len(ids)
        for ids in Profile.objects.for_account(account).values_list(
            "segment_ids", flat=True
        )
    )


def test_lanes_that_tie_the_same_people_apply_every_event_once(
    told: list[ProfileUpdate],
) -> None:
    account = make_account()
    for number in range(120):
        person = number % 8
        put_events(
            account,
            [{"user_id": f"u{person}", "email": f"e{person // 4}@x", f"f{number}": 1}],
            lane=number % LANES,
        )
    workers = Workers()
    for _ in range(4):
        workers.start(lambda: work_lanes(account))
    wait_until(
        lambda: not PendingEvent.objects.filter(account_id=account.pk).exists(),
        timeout=60,
        what="all events applied",
    )
    workers.finish()
    profiles = list(Profile.objects.for_account(account))
    assert len(profiles) == 2
    folded = [name for p in profiles for name in p.fields if name.startswith("f")]
    assert sorted(folded) == sorted(f"f{number}" for number in range(120))
    assert Identity.objects.filter(account=account).count() == 10


def test_a_lane_is_worked_by_one_at_a_time(told: list[ProfileUpdate]) -> None:
    account = make_account()
    put_events(account, [{"user_id": "u1"}])
    found: list[Lane] = []

    def other() -> None:
        try:
            found.append(process(account.pk, 0).lane)
        finally:
            connection.close()

    with transaction.atomic(), raw_cursor() as cursor:
        assert lock_lane(cursor, account.pk, 0)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
    assert found == [Lane.BUSY]
    assert process(account.pk, 0).lane is Lane.WORKED
    assert Walk.BUSY is walk(account.pk, 12345)


def test_a_batch_that_is_in_a_deadlock_begins_again() -> None:
    account, others = make_account(), make_account("Other")
    both_hold_one = threading.Barrier(2, timeout=10)
    beginnings = {account.pk: 0, others.pk: 0}
    workers = Workers()

    def lock_both(first: int, second: int) -> None:
        beginnings[first] += 1
        with transaction.atomic(), raw_cursor() as cursor:
            cursor.execute(LOCK_ACCOUNT, (first,))
            if beginnings[first] == 1:
                both_hold_one.wait()
            cursor.execute(LOCK_ACCOUNT, (second,))
        workers.over.set()

    for pair in ((account.pk, others.pk), (others.pk, account.pk)):
        workers.start(lambda p=pair: begin_again_when_stale(lambda: lock_both(*p)))
    wait_until(workers.over.is_set, timeout=20, what="one to get both locks")
    workers.finish()
    assert sum(beginnings.values()) >= 3
