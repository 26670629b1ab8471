"""Partitions are begun by age, one ahead of what is written to."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from subscriptions import partitions
from subscriptions.partitions import SPAN
from tests.subscriptions.making import moved, send_all, write
from tests.subscriptions.partitions.keeping import (
    FIRST,
    PERIOD_DAYS,
    SECOND,
    begin_next,
    keep_in,
    numbers,
    rows_of_parts,
    set_sequence,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("as_migrated"),
]


def test_a_migrated_database_has_one_ahead():
    assert partitions.existing() == [FIRST, SECOND]
    assert partitions.existing("subscriptions_attempt") == [FIRST, SECOND]
    assert partitions.make_ahead() == []


def test_the_next_is_begun_when_the_oldest_message_is_old(
    account, segment, subscription
):
    write(account, [moved(segment, "enter", 1)])
    assert keep_in(days=PERIOD_DAYS - 1).made == []
    assert keep_in(days=PERIOD_DAYS).made == ["subscriptions_delivery_2"]
    write(account, [moved(segment, "exit", 1)])
    send_all(subscription)

    assert FIRST.holds(numbers(subscription)[0])
    assert numbers(subscription)[1] == SECOND.begin
    assert rows_of_parts("subscriptions_attempt") == {
        "subscriptions_attempt_0": 1,
        "subscriptions_attempt_1": 1,
    }


def test_one_without_messages_is_gone_on_with():
    assert keep_in(days=400).made == []


def test_one_that_is_full_ends_in_the_next(account, segment, subscription):
    set_sequence(SPAN - 2)
    write(account, [moved(segment, "enter", n) for n in range(1, 5)])
    assert numbers(subscription) == [SPAN - 2, SPAN - 1, SPAN, SPAN + 1]
    assert partitions.make_ahead() == ["subscriptions_delivery_2"]


def test_the_sequence_is_never_lowered(account, segment, subscription):
    """Near the end of a range, others may be in the next one at any moment."""
    set_sequence(SPAN - 2)
    write(account, [moved(segment, "enter", 1)])

    assert keep_in(days=PERIOD_DAYS).made == [
        "subscriptions_delivery_2",
        "subscriptions_delivery_3",
    ]
    write(account, [moved(segment, "exit", 1)])
    assert numbers(subscription) == [SPAN - 2, 2 * SPAN]


def test_there_are_never_too_many(account, segment, subscription):
    for n in range(1, partitions.MOST + 3):
        write(account, [moved(segment, "enter", n)])
        keep_in(days=PERIOD_DAYS)
    assert len(partitions.existing()) == partitions.MOST
    assert numbers(subscription) == sorted(numbers(subscription))


def test_two_at_once_begin_one(account, segment, subscription):
    def keep_too():
        also.append(keep_in(days=PERIOD_DAYS).made)
        connection.close()

    write(account, [moved(segment, "enter", 1)])
    also: list[list[str]] = []
    with partitions.alone() as is_alone:
        assert is_alone
        second = threading.Thread(target=keep_too)
        second.start()
        second.join(10)
    assert also == [[]]
    assert keep_in(days=PERIOD_DAYS).made == ["subscriptions_delivery_2"]


def test_their_indexes_are_those_of_the_whole(account, segment, subscription):
    write(account, [moved(segment, "enter", 1)])
    begin_next()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, count(i.*) FROM pg_class c"
            " LEFT JOIN pg_inherits h ON h.inhparent = c.oid"
            " LEFT JOIN pg_index i ON i.indexrelid = h.inhrelid"
            " WHERE c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid IN"
            " ('subscriptions_delivery'::regclass,"
            " 'subscriptions_attempt'::regclass)) GROUP BY 1"
        )
        parts = dict(cursor.fetchall())
    assert set(parts.values()) == {3}
    assert {"delivery_due", "subscriptions_attempt_pkey"} <= set(parts)
