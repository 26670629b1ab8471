"""How late the clock is: for the home page and for Prometheus."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis
import time_machine
from django.conf import settings
from django.test import Client

from lyticsapp import counters
from lyticsapp.accounts.models import Account
from segments.pipeline import lateness
from segments.pipeline.due import evaluate_due
from segments.pipeline.triggers import ProfileUpdate
from tests.segments.pipeline.accounts import (
    drain,
    make_account,
    make_segment,
    put_events,
)

pytestmark = pytest.mark.django_db(transaction=True)

LATE = timedelta(minutes=3)


@pytest.fixture
def late(told: list[ProfileUpdate], patient_counters: None) -> Account:
    """Two users whose time came three minutes ago, and one whose time is to come."""
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.delete(counters.KEY)
    account = make_account()
    make_segment(account, "active", 'seen > "now-7d"')
    now = datetime.now(UTC).replace(microsecond=0)
    week_ago = now - timedelta(days=7)
    with time_machine.travel(week_ago):
        for user, seen in (("a", -LATE), ("b", -LATE), ("c", timedelta(days=1))):
            put_events(
                account, [{"user_id": user, "seen": (week_ago + seen).isoformat()}]
            )
        drain(account)
    return account


def test_it_tells_who_waits_and_for_how_long(late: Account) -> None:
    assert lateness.mean_lateness_s() is None
    waiting = lateness.overdue(late)
    assert waiting.profiles == 2
    assert waiting.longest_s == pytest.approx(LATE.total_seconds(), abs=30)
    assert lateness.overdue(make_account("other")).profiles == 0


def test_it_tells_how_late_they_were_evaluated(late: Account) -> None:
    evaluate_due(late.pk)
    assert lateness.overdue(late).profiles == 0
    assert lateness.mean_lateness_s() == pytest.approx(LATE.total_seconds(), abs=30)


def test_prometheus_is_told(late: Account, client: Client) -> None:
    def figure(name: str) -> float:
        lines = client.get("/metrics").content.decode().splitlines()
        [line] = [each for each in lines if each.startswith(f"{name} ")]
        return float(line.rpartition(" ")[2])

    assert figure("lyticsapp_overdue_seconds") > LATE.total_seconds() - 1
    evaluate_due(late.pk)
    assert figure("lyticsapp_overdue_seconds") == 0
    assert figure("lyticsapp_due_profiles_total") == 2
