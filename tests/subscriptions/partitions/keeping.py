"""Partitions kept as the task does it, and what is in them."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.db import connection
from django.utils import timezone

from subscriptions import ledger, partitions, retention, retirement
from subscriptions.models import Delivery
from subscriptions.partitions import SPAN, Partition
from subscriptions.sql import raw_cursor
from tests.subscriptions.making import deliveries

DAYS = 30
PERIOD_DAYS = DAYS // partitions.PARTS
USERS = 10
FIRST, SECOND = Partition(0, SPAN), Partition(SPAN, 2 * SPAN)


def set_sequence(number):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('subscriptions_delivery_id_seq', %s, false)", [number]
        )


def keep_in(days):
    """As the task does it, so many days from now."""
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        return retirement.keep(timezone.now())


def prune_in(days):
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        return retention.prune()


def begin_next():
    """Write to the next partition."""
    there = len(partitions.existing())
    keep_in(days=PERIOD_DAYS)
    assert len(partitions.existing()) == there + 1


def numbers(subscription):
    return [each.pk for each in deliveries(subscription)]


def end_all(subscription, state="delivered"):
    rows = Delivery.objects.for_account(subscription.account_id)
    rows.filter(state="pending").update(state=state, ended_at=timezone.now())


def last_told(subscription):
    with raw_cursor() as cursor:
        told = ledger.last_told(cursor, [subscription.pk], range(1, USERS + 1))
    return {
        profile_id: (entry.event, entry.sequence)
        for (_, profile_id, _), entry in told.items()
    }


def rows_of_parts(table):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT tableoid::regclass::text, count(*) FROM {table}"
            " GROUP BY 1 ORDER BY 1"
        )
        return dict(cursor.fetchall())
