"""The figures of each hour: what was sent, what failed, and how long it took."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subscriptions import charts, figures, hours, retention
from subscriptions.hours import Hour, Tally
from subscriptions.models import DeliveryHour
from tests.subscriptions.inbox import Reply
from tests.subscriptions.making import (
    make_subscription,
    moved,
    send_all,
    states,
    write,
)

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def subscription(account, segment, inbox):
    return make_subscription(account, [segment], inbox.url)


@pytest.mark.django_db
class TestWhatDeliverersDo:
    def test_it_is_added_up_by_the_hour(self, account, segment, subscription, inbox):
        answers = {"1": 200, "2": 400, "3": 500}
        inbox.answer = lambda a: Reply(answers[a.json["data"]["user_id"]])
        write(account, [moved(segment, "enter", n) for n in (1, 2, 3)])
        send_all(subscription)
        (found,) = hours.newest(subscription, 1)
        assert (found.delivered, found.failed, found.dead) == (1, 2, 1)
        answers["3"] = 200
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
            send_all(subscription)
            assert states(subscription) == ["delivered", "dead", "delivered"]
            _, earlier, now = hours.newest(subscription, 3)
        assert earlier == found
        assert (now.delivered, now.failed) == (1, 0)
        assert now.percentile_ms(0.5) == pytest.approx(3_600_000, rel=0.26)

    def test_the_newest_error_is_kept(self, account, segment, subscription, inbox):
        assert hours.last_error(subscription) is None
        for status in (422, 400, 200):
            inbox.answer = lambda _, status=status: Reply(status)
            write(account, [moved(segment, "enter")])
            send_all(subscription)
        error = hours.last_error(subscription)
        assert "400" in error.text
        assert error.at <= datetime.now(UTC)

    def test_who_asks_to_wait_has_not_failed(
        self, account, segment, subscription, inbox
    ):
        inbox.answer = lambda _: Reply(429, {"Retry-After": "60"})
        write(account, [moved(segment, "enter")])
        send_all(subscription)
        assert states(subscription) == ["pending"]
        assert not DeliveryHour.objects.for_account(account).exists()

    def test_a_day_is_told_without_counting(self, account, segment, subscription):
        write(account, [moved(segment, "enter") for _ in range(3)])
        send_all(subscription)
        write(account, [moved(segment, "enter")])
        with CaptureQueriesContext(connection) as asked:
            standing = figures.standing_of(subscription)
        assert (standing.pending, standing.last_day.delivered) == (1, 3)
        assert len(asked) == 3


@pytest.mark.django_db
class TestTheHours:
    def test_those_without_figures_hold_zeros(self, subscription):
        with time_machine.travel(AT, tick=False):
            found = hours.newest(subscription, 5)
        assert [each.begins.hour for each in found] == [8, 9, 10, 11, 12]
        assert all(each.delivered == each.percentile_ms(0.5) == 0 for each in found)

    def test_they_add_up(self, account, subscription):
        with time_machine.travel(AT, tick=False):
            for step in (3, 5):
                tally = Tally(delivered=1, failed=2, dead=1)
                tally.latencies[step] += 1
                hours.add(account.pk, subscription.pk, tally)
            (found,) = hours.newest(subscription, 1)
        latencies = dict(enumerate(found.latencies))
        assert (found.delivered, found.failed, found.dead) == (2, 4, 2)
        assert {step for step, number in latencies.items() if number} == {3, 5}
        assert len(latencies) == hours.STEPS

    def test_they_go_with_their_retention(self, account, subscription):
        with time_machine.travel(AT):
            hours.add(account.pk, subscription.pk, Tally(failed=1))
        with time_machine.travel(AT + timedelta(days=29)):
            retention.prune()
            assert DeliveryHour.objects.for_account(account).exists()
        with time_machine.travel(AT + timedelta(days=31)):
            retention.prune()
            assert not DeliveryHour.objects.for_account(account).exists()

    def test_charts_tell_of_all_of_them(self, account, subscription):
        tally = Tally(delivered=99, failed=7, dead=2)
        tally.latencies[hours.step_of(timedelta(milliseconds=40))] = 98
        tally.latencies[hours.step_of(timedelta(seconds=100))] = 1
        hours.add(account.pk, subscription.pk, tally)
        rate, failures, median, late = charts.charts(subscription, 24)
        assert rate.summary == "99 delivered, at most 99 in one hour"
        assert failures.summary == "Failed tries: 7. Given up: 2."
        assert median.summary == "Half of them within 44 ms of being written"
        assert late.summary == "99 of 100 within 109 s of being written"
        assert [at for at, _ in rate.points] == [at for at, _ in late.points]
        assert rate.points[-1][1] == 99


def test_percentiles_are_at_most_a_step_too_high():
    chance = random.Random(3)
    times = sorted(chance.lognormvariate(6, 2) + 1 for _ in range(1000))
    tally = Tally()
    for ms in times:
        tally.latencies[hours.step_of(timedelta(milliseconds=ms))] += 1
    hour = Hour(AT, len(times), 0, 0, tally.latencies)
    for share in (0.01, 0.5, 0.9, 0.99, 1.0):
        true = times[max(0, round(len(times) * share) - 1)]
        assert true - 1 <= hour.percentile_ms(share) <= true * hours.STEP + 1


@pytest.mark.parametrize("ms", [-5, 0, 1, 1e12])
def test_every_latency_has_a_step(ms):
    assert 0 <= hours.step_of(timedelta(milliseconds=ms)) < hours.STEPS
