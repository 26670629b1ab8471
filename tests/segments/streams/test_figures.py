"""Figures about streams: events by hour, the backlog, the newest events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from segments.streams import figures
from segments.streams.models import PendingEvent, Stream, StreamTally


@pytest.fixture
def stream(account):
    return Stream.objects.create(account=account, name="web")


def tally(stream, hours_ago, events, lane=0):
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    StreamTally.objects.create(
        account=stream.account,
        stream=stream,
        hour=hour - timedelta(hours=hours_ago),
        lane=lane,
        events=events,
        without_identity=1,
    )


def pending(account, event_id, seconds_ago):
    PendingEvent.objects.create(
        event_id=event_id,
        account_id=account.pk,
        lane=0,
        received_at=timezone.now() - timedelta(seconds=seconds_ago),
    )


def test_it_counts_every_hour_of_a_day(account, stream):
    tally(stream, 0, 5)
    tally(stream, 0, 7, lane=1)
    tally(stream, 23, 2)
    tally(stream, 24, 100)
    counts = [count for _, count in figures.by_hour(account, stream)]
    assert counts == [2, *([0] * 22), 12]
    assert figures.without_identity(stream) == 3


def test_it_counts_the_streams_of_the_account_alone(account, stranger, stream):
    other = Stream.objects.create(account=stranger, name="web")
    tally(stream, 0, 5)
    tally(other, 0, 70)
    assert sum(count for _, count in figures.by_hour(account)) == 5
    streams = figures.with_last_day(Stream.objects.for_account(account))
    assert [each.last_day for each in streams] == [5]


def test_the_backlog_tells_how_long_the_oldest_has_waited(account, stranger):
    assert figures.backlog(account, now=timezone.now()) == figures.Backlog(0, None)
    pending(account, 2, 30)
    pending(account, 3, 10)
    pending(stranger, 1, 900)
    backlog = figures.backlog(account, now=timezone.now())
    assert backlog.events == 2
    assert timedelta(seconds=29) < backlog.lateness < timedelta(seconds=90)


def test_it_shows_the_newest_events_first(account, stream):
    now = timezone.now()
    with connection.cursor() as cursor:
        for number in range(3):
            at = now - timedelta(minutes=number)
            cursor.execute(
                "INSERT INTO streams_event"
                " (account_id, stream_id, event_at, received_at, body)"
                " VALUES (%s, %s, %s, %s, %s)",
                [account.pk, stream.pk, at, at, f'{{"n": {number}}}'],
            )
    events = figures.recent_events(stream, 2)
    assert [event.body for event in events] == [{"n": 0}, {"n": 1}]
