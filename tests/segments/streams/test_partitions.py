"""The partitions of the events."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from segments.streams import partitions, rejected
from segments.streams.accept import accept
from segments.streams.json_body import read_json
from segments.streams.models import RejectedRecord, Stream
from segments.streams.partitions import Month
from segments.streams.tasks import keep_partitions
from tests.segments.streams.stored import bodies_of, make_call
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

NOW = datetime(2031, 12, 15, tzinfo=UTC)
SOON = ["streams_event_2031_12", "streams_event_2032_01", "streams_event_2032_02"]


def put(account, received_at):
    call = make_call(account_id=account.pk, received_at=received_at)
    accept(call, read_json(b'{"at": "%d"}' % received_at.timestamp(), call))


def tables_of(account):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM streams_event"
            " WHERE account_id = %s ORDER BY received_at",
            [account.pk],
        )
        return [name for (name,) in cursor.fetchall()]


def apply_all():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM streams_pendingevent")


def test_a_migrated_database_has_one_for_today(account):
    now = datetime.now(UTC)

    put(account, now)

    assert tables_of(account) == [Month.of(now).table]


def test_they_are_made_ahead_and_once():
    assert partitions.keep(NOW).made == SOON
    assert partitions.keep(NOW).made == []
    assert partitions.keep(NOW + timedelta(days=31)).made == ["streams_event_2032_03"]


def test_events_between_months_lie_where_they_belong(account):
    partitions.keep(NOW)
    turn = datetime(2032, 1, 1, tzinfo=UTC)
    for instant in (turn - timedelta(microseconds=1), turn):
        put(account, instant)

    assert tables_of(account) == SOON[:2]


def test_events_without_a_partition_are_moved_to_it(account):
    put(account, NOW)
    put(account, NOW - timedelta(days=40))
    assert tables_of(account) == ["streams_event_default"] * 2

    made = partitions.keep(NOW).made

    assert made == ["streams_event_2031_11", *SOON]
    assert tables_of(account) == made[:2]
    assert len(bodies_of(account)) == 2
    put(account, NOW)
    assert tables_of(account) == [made[0], made[1], made[1]]


def test_old_ones_are_dropped_when_nothing_waits(account, settings):
    settings.EVENT_RETENTION_DAYS = 30
    put(account, NOW)
    now = Month.of(datetime.now(UTC))
    due = datetime(2032, 1, 1, tzinfo=UTC) + timedelta(days=30)

    assert partitions.keep(NOW).dropped == [now.after(n).table for n in range(3)]
    assert partitions.keep(due).dropped == []
    assert len(bodies_of(account)) == 1

    apply_all()
    assert partitions.keep(due - timedelta(seconds=1)).dropped == []
    assert tables_of(account) == ["streams_event_2031_12"]
    assert partitions.keep(due).dropped == ["streams_event_2031_12"]
    assert tables_of(account) == []


def test_their_indexes_are_those_of_the_whole():
    partitions.keep(NOW)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent IN"
            " ('streams_event_pkey'::regclass, 'streams_event_recent'::regclass)"
            " AND inhrelid::regclass::text LIKE 'streams_event_2031_12%'"
        )
        assert cursor.fetchone() == (2,)


def test_rejected_records_are_forgotten_with_the_events(account, settings):
    settings.EVENT_RETENTION_DAYS = 30
    stream = Stream.objects.create(account=account, name="demo")
    for days in (29, 31):
        RejectedRecord.objects.create(
            account=account,
            stream=stream,
            raw=b"%d" % days,
            reason="bad",
            position=1,
            received_at=NOW - timedelta(days=days),
        )

    assert rejected.forget_old(NOW) == 1
    assert list(rejected.raw_lines(stream)) == [b"29\n"]


@pytest.fixture
def other_session():
    """A session of another process."""
    other = connection.copy()
    yield other
    other.close()


def drop_partitions_made():
    with connection.cursor() as cursor:
        for table in SOON:
            cursor.execute(f"DROP TABLE IF EXISTS {table}")


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_cannot_be_had_is_left_for_later(
    other_session, monkeypatch, caplog
):
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "10ms")
    monkeypatch.setattr("segments.streams.tasks.timezone.now", lambda: NOW)
    try:
        other_session.set_autocommit(False)
        with other_session.cursor() as cursor:
            cursor.execute("LOCK TABLE streams_event_default IN ACCESS SHARE MODE")
        keep_partitions()
        assert "left for the next time" in caplog.text
        other_session.rollback()

        assert partitions.keep(NOW).made == SOON
    finally:
        drop_partitions_made()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_them_once(other_session):
    def keep_too():
        made.append(partitions.keep(NOW).made)
        connection.close()

    made: list[list[str]] = []
    second = threading.Thread(target=keep_too)
    try:
        other_session.set_autocommit(False)
        with other_session.cursor() as cursor:
            cursor.execute("LOCK TABLE streams_event_default IN ACCESS SHARE MODE")
            second.start()
            wait_until(_someone_waits, what="the second to wait for the lock")
        with other_session.cursor() as cursor:
            cursor.execute("CREATE TABLE streams_event_2031_12 (id int)")
        other_session.commit()
        second.join(10)

        assert made == [SOON[1:]]
    finally:
        drop_partitions_made()


def _someone_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]
