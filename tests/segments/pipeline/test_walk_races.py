"""A walk over profiles and the event, or the kill, that it meets on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from lyticsapp.accounts.models import Account
from segments.definitions import lock, recompute
from segments.definitions.models import RecomputePart, Segment
from segments.pipeline import recompute as walks
from segments.pipeline.batch import process
from segments.pipeline.recompute import Walk, walk
from segments.pipeline.triggers import ProfileUpdate
from segments.pipeline.verify import verify
from segments.profiles.models import Profile
from tests.segments.pipeline.accounts import (
    drain,
    make_account,
    make_segment,
    put_events,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 9
CHUNK = 4
LOOK_ANEW = "SELECT pg_stat_clear_snapshot()"
WAITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
# The one reads without locks, the other, with a due time for each, locks them all.
FILTERS = ("n >= 1", 'AND (n >= 1, _created > "now-1d")')


@pytest.fixture
def account(told: list[ProfileUpdate], monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr(walks, "CHUNK_PROFILES", CHUNK)
    account = make_account()
    put_events(account, [{"user_id": f"u{n}", "n": 1} for n in range(PEOPLE)])
    drain(account)
    told.clear()
    return account


class Other:
    """Work in a thread on a connection of its own, which meets a lock of ours."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.error: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.pid: int = wait_until(_waiting, what="the other to wait for the lock")

    def finish(self) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error
        finally:
            connection.close()


def _waiting() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(LOOK_ANEW)
        cursor.execute(WAITING)
        row = cursor.fetchone()
    return row[0] if row else None


def begin(account: Account, text: str, *, silent: bool) -> Segment:
    segment = make_segment(account, "s", text)
    with lock.exclusive(account.pk):
        recompute.start(segment, silent=silent)
    return segment


def walk_to_the_end(segment: Segment) -> None:
    wait_until(
        lambda: walk(segment.account_id, segment.pk) is Walk.ENDED, what="the walk"
    )


def moves(told: list[ProfileUpdate]) -> list[tuple[str, str]]:
    """What was told of the first user, the one whom the event is about."""
    first = min(update.profile_id for update in told) if told else 0
    return [
        (update.cause, transition.event)
        for update in told
        for transition in update.transitions
        if update.profile_id == first
    ]


def wrong() -> list[str]:
    return [str(d) for progress in verify() for d in progress.differences]


def members(segment: Segment) -> int:
    profiles = Profile.objects.for_account(segment.account_id)
    return profiles.filter(segment_ids__contains=[segment.pk]).count()


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("silent", [True, False])
def test_an_event_that_the_walk_has_to_wait_for_is_what_counts(
    account: Account, told: list[ProfileUpdate], text: str, silent: bool
) -> None:
    segment = begin(account, text, silent=silent)
    put_events(account, [{"user_id": "u0", "n": 0}])
    with transaction.atomic():
        process(account.pk, 0)
        other = Other(lambda: walk(account.pk, segment.pk))
    other.finish()
    assert other.error is None
    # As a baseline the user was in it when the event came, else never.
    left = [u.cause for u in told for t in u.transitions if t.event == "exit"]
    assert left == (["event"] if silent else [])
    walk_to_the_end(segment)
    assert members(segment) == PEOPLE - 1
    assert wrong() == []


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("silent", [True, False])
def test_an_event_that_waits_for_the_walk_finds_what_it_has_done(
    account: Account, told: list[ProfileUpdate], text: str, silent: bool
) -> None:
    segment = begin(account, text, silent=silent)
    put_events(account, [{"user_id": "u0", "n": 0}])
    with transaction.atomic():
        walk(account.pk, segment.pk)
        other = Other(lambda: process(account.pk, 0))
    other.finish()
    assert other.error is None
    entered = [] if silent else [("definition", "enter")]
    assert moves(told) == [*entered, ("event", "exit")]
    walk_to_the_end(segment)
    assert members(segment) == PEOPLE - 1
    assert wrong() == []


@pytest.mark.parametrize("text", FILTERS)
def test_a_walk_that_is_killed_goes_on_where_it_was(
    account: Account, text: str
) -> None:
    segment = begin(account, text, silent=False)
    walk(account.pk, segment.pk)
    before = RecomputePart.objects.values_list("cursor", "done").get()
    assert before[1] == members(segment) == CHUNK
    last = Profile.objects.for_account(account).order_by("pk")[2 * CHUNK - 1]
    with transaction.atomic():
        Profile.objects.for_account(account).select_for_update().get(pk=last.pk)
        other = Other(lambda: walk(account.pk, segment.pk))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", (other.pid,))
        other.finish()
    assert isinstance(other.error, psycopg.errors.AdminShutdown)
    assert RecomputePart.objects.values_list("cursor", "done").get() == before
    assert members(segment) == CHUNK
    walk_to_the_end(segment)
    assert members(segment) == PEOPLE
    assert wrong() == []
