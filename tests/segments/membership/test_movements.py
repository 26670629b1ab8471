"""How many entered and left, by the hour, and what that makes of the size."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from segments.definitions.models import Segment
from segments.membership import deleted, movements
from segments.membership.models import Membership, Movement, SegmentHour
from segments.membership.size_history import Hour, size_history
from tests.segments.membership.people import make_profiles

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make_segment(account, slug="seen", **values):
    return Segment.objects.create(
        account=account,
        slug=slug,
        name=slug,
        filterql="FILTER *",
        **{"created_at": NOON - 30 * HOUR} | values,
    )


def move(segment, at, *, entered=0, exited=0, silent=False):
    with connection.cursor() as cursor:
        movements.record(
            cursor,
            segment.account_id,
            [(segment.pk, entered, exited)],
            at,
            silent=silent,
        )


def enter(segment, count):
    for profile in make_profiles(segment.account, [{}] * count):
        Membership.objects.create(
            account=segment.account, segment=segment, profile=profile, entered_at=NOON
        )


def rows(segment):
    found = SegmentHour.objects.for_account(segment.account_id).filter(segment=segment)
    columns = ("hour", "entered", "exited", "settled")
    return list(found.order_by("hour").values_list(*columns))


def test_they_are_added_up_by_the_hour(account):
    segment = make_segment(account)
    move(segment, NOON + timedelta(minutes=59), entered=3)
    move(segment, NOON, entered=2, exited=4)
    move(segment, NOON + HOUR, exited=1)
    assert movements.add_up() == 3
    assert not Movement.across_accounts.exists()
    move(segment, NOON, entered=10)
    movements.add_up()
    assert rows(segment) == [(NOON, 15, 4, 0), (NOON + HOUR, 0, 1, 0)]


def test_a_batch_is_one_row_and_nothing_is_none(account):
    first, second = make_segment(account), make_segment(account, "other")
    with connection.cursor() as cursor:
        moved = [(first.pk, 1, 0), (second.pk, 0, 2), (first.pk + 99, 0, 0)]
        movements.record(cursor, account.pk, moved, NOON)
        movements.record(cursor, account.pk, [(first.pk, 0, 0)], NOON)
    assert Movement.across_accounts.count() == 1
    movements.add_up()
    assert rows(first) == [(NOON, 1, 0, 0)]
    assert rows(second) == [(NOON, 0, 2, 0)]


def test_silent_ones_change_the_size_and_are_no_enters(account):
    segment = make_segment(account)
    move(segment, NOON, entered=500, exited=20, silent=True)
    move(segment, NOON, entered=1)
    movements.add_up()
    move(segment, NOON, exited=5, silent=True)
    movements.add_up()
    assert rows(segment) == [(NOON, 1, 0, 475)]


def test_those_of_a_deleted_segment_are_dropped(account):
    segment = make_segment(account)
    move(segment, NOON, entered=1)
    segment.delete()
    assert movements.add_up() == 1
    assert not SegmentHour.across_accounts.exists()


def test_many_rows_are_added_up_in_parts(account, monkeypatch):
    monkeypatch.setattr(movements, "ADDED_UP_AT_ONCE", 3)
    segment = make_segment(account)
    for _ in range(7):
        move(segment, NOON, entered=1)
    assert movements.add_up() == 7
    assert rows(segment) == [(NOON, 7, 0, 0)]


def test_old_hours_are_forgotten(account, settings, monkeypatch):
    settings.SIZE_HISTORY_DAYS = 2
    monkeypatch.setattr(movements, "FORGOTTEN_AT_ONCE", 2)
    segment = make_segment(account)
    for back in range(45, 53):
        move(segment, NOON - back * HOUR, entered=1)
    movements.add_up()
    assert movements.forget_old(NOON) == 4
    assert rows(segment)[0][0] == NOON - 48 * HOUR


@pytest.mark.parametrize("added_up", [False, True])
def test_the_size_is_told_hour_by_hour(account, stranger, added_up):
    segment = make_segment(account)
    enter(segment, 6)
    enter(make_segment(stranger), 1)
    move(segment, NOON - 3 * HOUR, entered=9, silent=True)
    move(segment, NOON - HOUR, entered=2, exited=7)
    move(segment, NOON, entered=2)
    if added_up:
        movements.add_up()
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        assert size_history(segment, hours=5) == [
            Hour(NOON - 4 * HOUR, 0),
            Hour(NOON - 3 * HOUR, 9),
            Hour(NOON - 2 * HOUR, 9),
            Hour(NOON - HOUR, 4, 2, 7),
            Hour(NOON, 6, 2, 0),
        ]


def test_it_begins_with_the_segment(account):
    segment = make_segment(account, created_at=NOON - 90 * timedelta(minutes=1))
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        hours = size_history(segment, hours=24)
    assert [hour.begins for hour in hours] == [NOON - 2 * HOUR, NOON - HOUR, NOON]


def test_memberships_of_deleted_segments_are_swept_away(account, monkeypatch):
    monkeypatch.setattr(deleted, "SWEPT_AT_ONCE", 2)
    segments = [make_segment(account, slug) for slug in ("a", "b", "c")]
    for segment in segments:
        enter(segment, 5)
    segments[0].delete()
    segments[2].delete()
    assert Membership.across_accounts.count() == 15
    assert deleted.sweep() == 10
    left = Membership.across_accounts.values_list("segment_id", flat=True)
    assert set(left) == {segments[1].pk}
    assert deleted.sweep() == 0
