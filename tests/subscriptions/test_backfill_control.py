"""A backfill is paused, resumed, cancelled, slowed down, and tried on a sample."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import AuditEntry
from segments.membership.models import Membership
from segments.pipeline.batch import Lane, process
from segments.profiles.models import Profile
from subscriptions import backfill, backfill_control, lifecycle, members
from subscriptions.backfill import Walk
from subscriptions.errors import BackfillStateError
from subscriptions.models import Backfill, BackfillState
from subscriptions.request import Wanted
from subscriptions.sql import raw_cursor
from tests.segments.pipeline.accounts import put_events
from tests.subscriptions.making import deliveries, make_segment, make_subscription

pytestmark = pytest.mark.django_db


def put(account, *users, vip="t", **more):
    put_events(account, [{"user_id": user, "vip": vip, **more} for user in users])
    while process(account.pk, 0).lane is Lane.WORKED:
        pass


def walk(subscription):
    return backfill.walk(subscription.account_id, subscription.id)


def finish(subscription):
    while walk(subscription) is Walk.MORE:
        pass


def told(subscription):
    return [
        (d.payload["data"]["user_id"], d.payload["data"]["segment_events"][0]["event"])
        for d in deliveries(subscription)
    ]


def state(subscription):
    return backfill.of(subscription).state


@pytest.fixture
def chunks_of_2(monkeypatch):
    monkeypatch.setattr(backfill, "CHUNK_PROFILES", 2)


@pytest.fixture
def vips(account, segment):
    put(account, *(f"u{n}" for n in range(6)))
    return segment


@pytest.fixture
def begun(account, vips, chunks_of_2):
    """A backfill that has told of two of six."""
    subscription = make_subscription(account, [vips], withbackfill=True)
    assert walk(subscription) is Walk.MORE
    return subscription


class TestPausing:
    def test_it_stops_and_goes_on_where_it_was(self, begun):
        backfill_control.pause(begun, SYSTEM)
        assert state(begun) is BackfillState.PAUSED
        assert backfill.unfinished() == []
        assert walk(begun) is Walk.BUSY
        assert len(deliveries(begun)) == 2
        backfill_control.resume(begun, SYSTEM)
        assert backfill.unfinished() == [begun.id]
        finish(begun)
        assert told(begun) == [(f"u{n}", "enter") for n in range(6)]
        assert state(begun) is BackfillState.ENDED

    def test_live_messages_are_written_meanwhile(self, account, begun):
        backfill_control.pause(begun, SYSTEM)
        put(account, "new")
        put(account, "u5", vip="f")
        live = [("new", "enter"), ("u5", "enter"), ("u5", "exit")]
        assert told(begun)[2:] == live
        backfill_control.resume(begun, SYSTEM)
        finish(begun)
        assert told(begun)[5:] == [(f"u{n}", "enter") for n in (2, 3, 4)]

    def test_another_segment_does_not_resume_it(self, account, begun):
        backfill_control.pause(begun, SYSTEM)
        other = make_segment(account, "other")
        wanted = Wanted(segment_refs=["vip", other.public_id])
        lifecycle.update(begun, wanted, SYSTEM)
        assert state(begun) is BackfillState.PAUSED

    def test_the_rate_is_that_since_it_went_on(self, account, begun):
        hour_ago = timezone.now() - timedelta(hours=1)
        Backfill.objects.for_account(account).update(measured_at=hour_ago)
        assert 0 < backfill.of(begun).progress.rate < 1
        backfill_control.pause(begun, SYSTEM)
        progress = backfill.of(begun).progress
        assert (progress.rate, progress.seconds_left) == (0, None)
        backfill_control.resume(begun, SYSTEM)
        assert backfill.of(begun).progress.rate == 0
        walk(begun)
        progress = backfill.of(begun).progress
        assert (progress.done, progress.total) == (4, 6)
        assert progress.rate > 1
        assert progress.seconds_left == pytest.approx(2 / progress.rate, rel=0.5)


class TestCancelling:
    @pytest.mark.parametrize("paused", [False, True])
    def test_nobody_more_is_told_of(self, account, begun, paused):
        if paused:
            backfill_control.pause(begun, SYSTEM)
        backfill_control.cancel(begun, SYSTEM)
        assert state(begun) is BackfillState.CANCELLED
        assert walk(begun) is Walk.BUSY
        put(account, "u0", "u5", vip="f")
        assert told(begun)[2:] == [("u0", "exit"), ("u5", "exit")]

    def test_begun_anew_it_tells_those_who_are_not_known(self, account, begun):
        backfill_control.cancel(begun, SYSTEM)
        backfill_control.begin(begun, SYSTEM, is_sample=False)
        assert state(begun) is BackfillState.GOING
        finish(begun)
        assert told(begun) == [(f"u{n}", "enter") for n in range(6)]


def test_what_cannot_be_done_says_why(account, vips, begun):
    plain = make_subscription(account, [vips])
    with pytest.raises(BackfillStateError, match="It has no backfill: begin one"):
        backfill_control.pause(plain, SYSTEM)
    with pytest.raises(BackfillStateError, match="cannot be resumed: it is going"):
        backfill_control.resume(begun, SYSTEM)
    with pytest.raises(BackfillStateError, match="cancel that first"):
        backfill_control.begin(begun, SYSTEM, is_sample=False)
    backfill_control.cancel(begun, SYSTEM)
    with pytest.raises(BackfillStateError, match="cannot be paused: it is cancelled"):
        backfill_control.pause(begun, SYSTEM)
    with pytest.raises(BackfillStateError, match="cannot be cancelled: it is canc"):
        backfill_control.cancel(begun, SYSTEM)


def test_it_is_begun_later(account, vips):
    subscription = make_subscription(account, [vips])
    backfill_control.begin(subscription, SYSTEM, is_sample=False)
    finish(subscription)
    subscription.refresh_from_db()
    assert subscription.withbackfill is subscription.job.config["withbackfill"] is True
    assert len(deliveries(subscription)) == 6


def test_the_log_tells_who_has_steered_it(account, begun):
    backfill_control.pause(begun, SYSTEM)
    backfill_control.resume(begun, SYSTEM)
    backfill_control.set_rate_limit(begun, 9, SYSTEM)
    backfill_control.cancel(begun, SYSTEM)
    entries = AuditEntry.objects.for_account(account).filter(object_id=begun.public_id)
    assert [each.action for each in entries.order_by("pk")][1:] == [
        "pause backfill",
        "resume backfill",
        "update",
        "cancel backfill",
    ]
    update = entries.get(action="update")
    assert update.changes == {"backfill_rate_limit": [None, 9]}


class TestTheRateLimit:
    def due(self, account):
        return Backfill.objects.for_account(account).get().next_at - timezone.now()

    def be_due(self, account):
        Backfill.objects.for_account(account).update(next_at=timezone.now())

    def test_it_waits_for_its_time(self, account, vips):
        subscription = make_subscription(
            account, [vips], withbackfill=True, backfill_rate_limit=2
        )
        self.be_due(account)
        assert walk(subscription) is Walk.MORE
        assert timedelta(seconds=0.5) < self.due(account) <= timedelta(seconds=1)
        assert backfill.unfinished() == []
        assert walk(subscription) is Walk.BUSY
        self.be_due(account)
        assert backfill.unfinished() == [subscription.id]
        assert walk(subscription) is Walk.MORE
        assert len(deliveries(subscription)) == 4

    def test_what_is_late_is_caught_up_with_a_little(self, account, vips):
        subscription = make_subscription(
            account, [vips], withbackfill=True, backfill_rate_limit=1
        )
        with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
            finish(subscription)
        assert len(deliveries(subscription)) == 2

    def test_it_can_be_changed_while_it_goes(self, account, begun):
        backfill_control.set_rate_limit(begun, 1, SYSTEM)
        walk(begun)
        assert len(deliveries(begun)) == 3
        assert begun.job.config["backfill_rate_limit"] == 1
        backfill_control.set_rate_limit(begun, None, SYSTEM)
        self.be_due(account)
        finish(begun)
        assert len(deliveries(begun)) == 6
        assert "backfill_rate_limit" not in begun.config

    def test_who_is_known_takes_no_time(self, account, begun):
        finish(begun)
        backfill_control.set_rate_limit(begun, 1, SYSTEM)
        backfill_control.begin(begun, SYSTEM, is_sample=False)
        finish(begun)
        assert state(begun) is BackfillState.ENDED
        assert len(deliveries(begun)) == 6


class TestTheSample:
    @pytest.fixture
    def sampled(self, account, vips, sample_of_odd_ids, chunks_of_2):
        return make_subscription(
            account, [vips], withbackfill=True, backfill_sample=True
        )

    def odd(self, account, *, rest=1):
        inside = Membership.objects.for_account(account).order_by("profile")
        users = Profile.objects.for_account(account).in_bulk()
        return [
            (users[pk].fields["user_id"], "enter")
            for pk in inside.values_list("profile_id", flat=True)
            if pk % 2 == rest
        ]

    def test_it_is_about_a_hundredth_and_always_the_same(self):
        with raw_cursor() as cursor:
            picked = members.sampled(cursor, range(1, 100_001))
            again = members.sampled(cursor, range(1, 200_001))
        assert 900 < len(picked) < 1_100
        assert picked == {each for each in again if each <= 100_000}
        assert min(picked) < 2_000

    def test_it_tells_of_those_alone(self, account, sampled):
        finish(sampled)
        assert told(sampled) == self.odd(account)
        found = backfill.of(sampled)
        assert (found.done, found.total, found.is_sample) == (3, 3, True)

    def test_all_others_follow_and_nobody_is_told_of_twice(self, account, sampled):
        finish(sampled)
        backfill_control.begin(sampled, SYSTEM, is_sample=False)
        finish(sampled)
        assert told(sampled) == self.odd(account) + self.odd(account, rest=0)
        assert sampled.config["backfill_sample"] is False
        assert backfill.of(sampled).is_sample is False

    def test_taking_the_setting_back_has_the_others_follow(self, account, sampled):
        walk(sampled)
        wanted = Wanted(settings={"backfill_sample": None})
        lifecycle.update(sampled, wanted, SYSTEM)
        finish(sampled)
        assert sorted(told(sampled)) == [(f"u{n}", "enter") for n in range(6)]

    def test_who_is_not_in_it_is_as_without_a_backfill(self, account, sampled):
        (picked, _), *_ = self.odd(account)
        (other, _), *_ = self.odd(account, rest=0)
        put(account, picked, other, vip="f")
        events = {
            user: [e for u, e in told(sampled) if u == user]
            for user, _ in told(sampled)
        }
        assert events == {picked: ["enter", "exit"], other: ["exit"]}

    @pytest.mark.parametrize("into", ["odd", "even"])
    def test_one_in_it_is_told_of_whomever_they_become(self, account, sampled, into):
        (picked, _), *_ = self.odd(account)
        (other, _), *_ = self.odd(account, rest=0)
        first, second = (picked, other) if into == "odd" else (other, picked)
        put(account, first, email="one@example.com")
        put(account, second, email="one@example.com")
        finish(sampled)
        assert [e for u, e in told(sampled) if u in (picked, other)] == ["enter"]

    def test_those_who_are_not_in_it_stay_unknown_when_they_become_one(
        self, account, sampled
    ):
        (one, _), (two, _), *_ = self.odd(account, rest=0)
        put(account, one, two, email="one@example.com")
        finish(sampled)
        assert told(sampled) == self.odd(account)
