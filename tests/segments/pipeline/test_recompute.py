"""Walks over all profiles: their parts, their progress, who moves."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from lyticsapp.accounts.models import Account
from segments.definitions import lock, recompute
from segments.definitions.models import Recompute, RecomputePart, Segment
from segments.pipeline import recompute as walks
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

PEOPLE = 20


@given(first=st.integers(1, 10**12), count=st.integers(1, 10**6))
def test_parts_hold_each_id_once(first: int, count: int) -> None:
    parts = list(recompute.split(first, first + count - 1))
    assert parts[0][0] == first - 1
    assert parts[-1][1] == first + count - 1
    assert all(one[1] == other[0] for one, other in pairwise(parts))
    assert all(cursor < last for cursor, last in parts)
    assert len(parts) <= recompute.MOST_PARTS
    assert len(parts) == 1 or count > recompute.LEAST_OF_A_PART


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, told: list[ProfileUpdate]) -> Account:
    monkeypatch.setattr(walks, "CHUNK_PROFILES", 3)
    monkeypatch.setattr(recompute, "LEAST_OF_A_PART", 5)
    account = make_account()
    put_events(account, [{"user_id": f"u{n}", "n": n} for n in range(PEOPLE)])
    drain(account)
    return account


def begin(account: Account, text: str, *, silent: bool = True) -> Segment:
    segment = make_segment(account, "s", text)
    with lock.exclusive(account.pk):
        recompute.start(segment, silent=silent)
    return segment


def members(segment: Segment) -> int:
    profiles = Profile.objects.for_account(segment.account_id)
    return profiles.filter(segment_ids__contains=[segment.pk]).count()


@pytest.mark.django_db(transaction=True)
def test_a_walk_goes_on_beside_a_part_that_another_worker_holds(
    account: Account,
) -> None:
    segment = begin(account, "n >= 0")
    assert RecomputePart.objects.count() == 4
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT last_profile_id - cursor FROM definitions_recomputepart"
                " ORDER BY id LIMIT 1 FOR UPDATE"
            )
            [(held,)] = cursor.fetchall()
            while (found := walk(account.pk, segment.pk)) is Walk.MORE:
                pass
            assert found is Walk.BUSY
            assert members(segment) == PEOPLE - held
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    while (found := walk(account.pk, segment.pk)) is Walk.MORE:
        pass
    assert found is Walk.ENDED
    assert members(segment) == PEOPLE
    assert not Recompute.objects.for_account(account).exists()
    assert not RecomputePart.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_progress_tells_what_is_done_and_how_long_the_rest_takes(
    account: Account,
) -> None:
    segment = begin(account, "n >= 0")
    under_way = Recompute.objects.for_account(account).get()
    assert under_way.progress.total is None
    for _ in range(2):
        walk(account.pk, segment.pk)
    under_way.refresh_from_db()
    under_way.started_at -= timedelta(seconds=5)
    progress = under_way.progress
    assert (progress.done, progress.total) == (5, PEOPLE)  # a chunk of 3 and one of 2
    assert 0.8 < progress.rate <= 1
    assert progress.seconds_left == pytest.approx(15 / progress.rate)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", ["n >= 15", 'AND (n >= 15, _created > "now-1d")'])
def test_a_loud_walk_tells_of_those_it_moves_and_a_silent_one_of_nobody(
    account: Account, told: list[ProfileUpdate], text: str
) -> None:
    told.clear()
    segment = begin(account, "n < 10")
    while walk(account.pk, segment.pk) is Walk.MORE:
        pass
    assert told == []
    with lock.exclusive(account.pk):
        segment.filterql = f"FILTER {text}"
        segment.save()
        recompute.start(segment, silent=False)
    while walk(account.pk, segment.pk) is Walk.MORE:
        pass
    moved: list[Any] = [(u.cause, t.event) for u in told for t in u.transitions]
    assert (
        sorted(moved) == [("definition", "enter")] * 5 + [("definition", "exit")] * 10
    )
    assert [d for progress in verify() for d in progress.differences] == []
