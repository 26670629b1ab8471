"""What a backfill will come to, before it begins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from segments.definitions.models import Recompute
from segments.membership.models import Membership
from segments.membership.sampling import Estimate
from segments.profiles.models import Profile
from subscriptions import forecast, hours, members
from subscriptions.forecast import RateBy
from subscriptions.models import DeliveryHour
from tests.subscriptions.making import make_segment, make_subscription

pytestmark = pytest.mark.django_db


def add_members(account, *segments, count=1):
    now = timezone.now()
    profiles = Profile.across_accounts.bulk_create(
        Profile(
            account=account,
            fields={},
            segment_ids=[each.pk for each in segments],
            created_at=now,
            modified_at=now,
        )
        for _ in range(count)
    )
    Membership.across_accounts.bulk_create(
        Membership(account=account, segment=segment, profile=profile, entered_at=now)
        for profile in profiles
        for segment in segments
    )
    return profiles


def took(subscription, delivered, *, ms, ago=1):
    """So many were delivered in an hour, each within so long."""
    latencies = [0] * hours.STEPS
    latencies[hours.step_of(timedelta(milliseconds=ms))] = delivered
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    DeliveryHour.objects.create(
        account=subscription.account,
        subscription=subscription,
        hour=hour - timedelta(hours=ago),
        delivered=delivered,
        latencies=latencies,
    )


def of(account, *segments, **settings):
    return forecast.before(account, "webhook", segments, settings)


class TestMessages:
    def test_each_member_is_counted_once(self, account, segment):
        other = make_segment(account, "other")
        add_members(account, segment, count=2)
        add_members(account, segment, other)
        gone = add_members(account, other)
        Membership.objects.for_account(account).filter(profile=gone[0]).update(
            left_at=timezone.now()
        )
        assert of(account, segment).messages == Estimate(3, 0)
        assert of(account, segment, other).messages == Estimate(3, 0)
        assert of(account, other).messages == Estimate(1, 0)

    def test_of_a_sample_those_that_are_in_it(self, account, segment, monkeypatch):
        profiles = add_members(account, segment, count=4)
        one = members._COUNT.replace(
            members.IN_SAMPLE, f"profile_id = {profiles[0].pk}"
        )
        monkeypatch.setattr(members, "_COUNT", one)
        told = of(account, segment, backfill_sample=True)
        assert (told.messages, told.is_sample) == (Estimate(1, 0), True)

    def test_many_are_estimated_by_a_look_at_some(self, account, segment, monkeypatch):
        add_members(account, segment, count=60)
        add_members(account, count=40)
        monkeypatch.setattr(forecast, "COUNTED_AT_MOST", 30)
        monkeypatch.setattr("segments.membership.sampling.ALL_UP_TO", 50)
        monkeypatch.setattr("segments.membership.sampling.SAMPLED", 80)
        monkeypatch.setattr("segments.membership.sampling.LOT", 10)
        told = of(account, segment).messages
        assert 0 < told.margin < 30
        assert abs(told.value - 60) <= 2 * told.margin
        sampled = of(account, segment, backfill_sample=True).messages
        assert (sampled.value, sampled.margin) in {(0, 1), (1, 1)}

    def test_it_says_that_a_segment_is_still_computed(self, account, segment):
        assert of(account, segment).is_computing is False
        Recompute.objects.create(account=account, segment=segment, silent=True)
        assert of(account, segment).is_computing is True


class TestRate:
    @pytest.mark.parametrize(
        ("limits", "rate", "by"),
        [
            ({}, None, RateBy.NOTHING),
            ({"backfill_rate_limit": 5}, 5, RateBy.BACKFILL_RATE_LIMIT),
            ({"rate_limit": 9}, 9, RateBy.RATE_LIMIT),
            (
                {"rate_limit": 9, "backfill_rate_limit": 5},
                5,
                RateBy.BACKFILL_RATE_LIMIT,
            ),
            ({"rate_limit": 4, "backfill_rate_limit": 5}, 4, RateBy.RATE_LIMIT),
        ],
    )
    def test_the_lowest_limit_tells(self, account, segment, limits, rate, by):
        add_members(account, segment, count=10)
        told = of(account, segment, **limits)
        assert (told.rate, told.rate_by) == (rate, by)
        assert told.seconds == (10 / rate if rate else None)

    def test_else_what_such_destinations_took(self, account, stranger, segment):
        known = make_subscription(account, [segment])
        took(known, 36_000, ms=60_000)
        took(known, 3_600, ms=60_000, ago=2)
        theirs = make_subscription(stranger, [make_segment(stranger)])
        took(theirs, 360_000, ms=60_000)
        told = of(account, segment)
        assert (told.rate, told.rate_by) == (10, RateBy.DELIVERIES)
        assert forecast.before(account, "sqs", [segment], {}).rate is None

    def test_of_little_that_was_taken_how_quickly(self, account, segment):
        took(make_subscription(account, [segment]), 3, ms=100)
        # By steps of the histogram, at most a quarter above.
        assert 8 / 0.125 <= of(account, segment).rate <= 8 / 0.1
        assert 2 / 0.125 <= of(account, segment, worker_count=2).rate <= 2 / 0.1

    def test_what_is_older_than_a_day_does_not_count(self, account, segment):
        took(make_subscription(account, [segment]), 36_000, ms=100, ago=30)
        assert of(account, segment).rate is None

    def test_its_own_history_comes_first(self, account, segment):
        own = make_subscription(account, [segment])
        took(make_subscription(account, [segment]), 36_000, ms=60_000)
        assert forecast.again(own, is_sample=False).rate == 10
        took(own, 72_000, ms=60_000)
        assert forecast.again(own, is_sample=False).rate == 20

    def test_it_is_as_the_subscription_is_set(self, account, segment):
        own = make_subscription(account, [segment], backfill_rate_limit=3)
        told = forecast.again(own, is_sample=True)
        assert (told.rate, told.is_sample) == (3, True)
