"""Whatever happens while a backfill walks, each is told of as a plain model says."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from segments.profiles.models import Identity
from subscriptions import backfill, backfill_control
from subscriptions.models import Backfill, BackfillState, Delivery
from subscriptions.outbox import insert
from tests.segments.pipeline.accounts import put_events
from tests.subscriptions.making import make_segment, make_subscription
from tests.subscriptions.walking import drain, members, profiles

VALUES = st.sampled_from(["t", "t", "f"])
USERS = st.integers(1, 5)
MAILS = st.integers(1, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), USERS, VALUES),
        st.tuples(st.just("tie"), USERS, MAILS),
        st.tuples(st.just("tie"), USERS, MAILS),
        st.tuples(st.just("walk")),
        st.tuples(st.sampled_from(["kill", "turn", "anew"])),
    ),
    min_size=3,
    max_size=20,
)


class KilledError(Exception):
    """The worker is gone."""


class Told:
    """A plain model: who is in, and whether the destination knows.

    Of a sample, those are told of whose id is odd.
    """

    def __init__(self, account, subscription, *, is_sample=False):
        self.account, self.subscription = account, subscription
        self.told: dict[int, bool] = dict.fromkeys(members(account), False)
        self.seen = 0
        self.is_sample = is_sample
        self.late: set[int] = set()
        """Those who became one when the sample had been told of, and are left out."""

    def are_walked_to(self, profile_ids):
        return not self.is_sample or any(each % 2 for each in profile_ids)

    def left(self):
        """Those who should have been told of by the end."""
        return [
            profile_id
            for profile_id, told in self.told.items()
            if not told
            and self.are_walked_to([profile_id])
            and profile_id not in self.late
        ]

    def new_messages(self):
        rows = (
            Delivery.objects.for_account(self.account)
            .filter(subscription=self.subscription, id__gt=self.seen)
            .order_by("id")
        )
        found = []
        for row in rows:
            self.seen = row.id
            (event,) = row.payload["data"]["segment_events"]
            found.append((row.profile_id, event["event"]))
        return found

    def apply(self, fields):
        before = profiles(self.account)
        put_events(self.account, [fields])
        drain(self.account)
        survivor = Identity.objects.get(
            account=self.account, field="user_id", value=fields["user_id"]
        ).profile_id
        gone = before - profiles(self.account)
        was = [self.told.pop(p) for p in gone | {survivor} if p in self.told]
        is_in = survivor in members(self.account)
        expected = []
        is_due = was and not any(was) and self.are_walked_to(gone | {survivor})
        if is_due and self.is_sample and not backfill.is_open(self.subscription):
            is_due = False
            self.late.add(survivor)
        if is_due and (gone or not is_in):
            expected.append((survivor, "enter"))
        if was and not is_in:
            expected.append((survivor, "exit"))
        if is_in and not was:
            expected.append((survivor, "enter"))
        assert self.new_messages() == expected
        if is_in:
            self.told[survivor] = any(was) or bool(expected)

    def walk(self):
        is_paused = backfill.of(self.subscription).state == BackfillState.PAUSED
        backfill.walk(self.account.pk, self.subscription.id)
        told = self.new_messages()
        assert not (is_paused and told)
        for profile_id, event in told:
            assert event == "enter"
            assert self.told[profile_id] is False
            assert self.are_walked_to([profile_id])
            self.told[profile_id] = True

    def kill(self, monkeypatch):
        """A worker is killed after it has written a chunk, and before its commit."""

        def insert_and_die(*draft):
            insert(*draft)
            raise KilledError

        monkeypatch.setattr(backfill, "insert", insert_and_die)
        with suppress(KilledError):
            backfill.walk(self.account.pk, self.subscription.id)
        monkeypatch.setattr(backfill, "insert", insert)
        assert self.new_messages() == []

    def turn(self):
        """Pause it, or resume it."""
        walk = backfill.of(self.subscription)
        if walk.is_open:
            is_paused = walk.state == BackfillState.PAUSED
            steer = backfill_control.resume if is_paused else backfill_control.pause
            steer(self.subscription, SYSTEM)

    def begin_anew(self):
        if backfill.is_open(self.subscription):
            backfill_control.cancel(self.subscription, SYSTEM)
        backfill_control.begin(self.subscription, SYSTEM, is_sample=self.is_sample)


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=st.lists(st.tuples(USERS, VALUES), min_size=3, max_size=8), steps=STEPS)
def test_every_history_is_as_a_plain_model_tells_it(monkeypatch, first, steps):
    monkeypatch.setattr(backfill, "CHUNK_PROFILES", 1)
    with transaction.atomic():
        _live_through(monkeypatch, first, steps)
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=st.lists(st.tuples(USERS, VALUES), min_size=3, max_size=8), steps=STEPS)
def test_every_history_is_as_a_plain_model_tells_it_of_a_sample(
    monkeypatch, sample_of_odd_ids, first, steps
):
    monkeypatch.setattr(backfill, "CHUNK_PROFILES", 1)
    with transaction.atomic():
        _live_through(monkeypatch, first, steps, is_sample=True)
        transaction.set_rollback(True)


def _live_through(monkeypatch, first, steps, *, is_sample=False):
    account = Account.objects.create(name="Own")
    segment = make_segment(account)
    for user, value in first:
        put_events(account, [{"user_id": f"u{user}", "vip": value}])
    drain(account)
    subscription = make_subscription(
        account, [segment], withbackfill=True, backfill_sample=is_sample
    )
    model = Told(account, subscription, is_sample=is_sample)

    for step in steps:
        match step:
            case ("set", user, value):
                model.apply({"user_id": f"u{user}", "vip": value})
            case ("tie", user, mail):
                model.apply({"user_id": f"u{user}", "email": f"m{mail}@x.org"})
            case ("walk",):
                model.walk()
            case ("kill",):
                model.kill(monkeypatch)
            case ("turn",):
                model.turn()
            case ("anew",):
                model.begin_anew()
    if backfill.of(subscription).state == BackfillState.PAUSED:
        model.turn()
    while backfill.unfinished() == [subscription.id]:
        model.walk()

    assert model.told.keys() == members(account)
    assert model.left() == []
    assert Backfill.objects.for_account(account).get().ended_at is not None
