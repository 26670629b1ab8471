"""Partitions as a new database has them, before and after each test."""

from __future__ import annotations

import pytest
from django.db import connection

from lyticsapp.accounts.models import Account
from subscriptions import partitions
from tests.subscriptions.making import make_segment, make_subscription
from tests.subscriptions.partitions.keeping import DAYS, FIRST, SECOND, set_sequence


@pytest.fixture
def as_migrated(transactional_db, settings):
    """Has the partitions afterwards that a new database has."""
    settings.DELIVERY_RETENTION_DAYS = DAYS
    yield
    with connection.cursor() as cursor:
        for parent in ("subscriptions_delivery", "subscriptions_attempt"):
            for each in partitions.existing(parent):
                cursor.execute(f"DROP TABLE {each.part_of(parent)}")
        for each in (FIRST, SECOND):
            partitions._make(each)
        set_sequence(1)


@pytest.fixture
def account(transactional_db):
    return Account.objects.create(name="Own")


@pytest.fixture
def segment(account):
    return make_segment(account)


@pytest.fixture
def subscription(account, segment, inbox):
    return make_subscription(account, [segment], inbox.url)


@pytest.fixture
def other_session():
    """A session of another process."""
    other = connection.copy()
    yield other
    other.close()
