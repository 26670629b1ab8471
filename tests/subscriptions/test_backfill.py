"""Between backfill and live there is no gap and no double."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from segments.definitions.models import Recompute
from segments.membership.models import Membership
from segments.pipeline.batch import Lane, process
from segments.profiles.models import Identity, Profile
from subscriptions import (
    backfill,
    backfill_control,
    backlog,
    lifecycle,
    retention,
)
from subscriptions.backfill import Walk
from subscriptions.models import Backfill, BackfillState, Delivery
from subscriptions.outbox import insert
from subscriptions.request import Wanted
from tests.segments.pipeline.accounts import put_events
from tests.subscriptions.making import deliveries, make_segment, make_subscription

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


def members(account):
    return set(
        Membership.objects.for_account(account)
        .filter(left_at=None)
        .values_list("profile_id", flat=True)
    )


def drain(account):
    while process(account.pk, 0).lane is Lane.WORKED:
        pass


def profiles(account):
    return set(Profile.objects.for_account(account).values_list("id", flat=True))


def finish(subscription):
    while backfill.walk(subscription.account_id, subscription.id) is Walk.MORE:
        pass


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


@pytest.mark.django_db(transaction=True)
def test_it_holds_while_both_run_at_once(monkeypatch):
    monkeypatch.setattr(backfill, "CHUNK_PROFILES", 3)
    account = Account.objects.create(name="Own")
    segment = make_segment(account)
    users = range(120)
    put_events(account, [{"user_id": f"u{u}", "vip": "t"} for u in users])
    drain(account)
    subscription = make_subscription(account, [segment], withbackfill=True)
    over = threading.Event()
    errors = []

    def run(work):
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def live(lane):
        for turn in range(6):
            value = "f" if turn % 2 == 0 else "t"
            mine = [u for u in users if u % 4 == lane and (u + turn) % 3]
            for start in range(0, len(mine), 5):
                some = mine[start : start + 5]
                put_events(
                    account,
                    [{"user_id": f"u{u}", "vip": value} for u in some],
                    lane=lane,
                )
                while process(account.pk, lane).lane is Lane.WORKED:
                    pass

    def walk():
        while not over.is_set():
            backfill.walk(account.pk, subscription.id)

    walker = threading.Thread(target=run, args=(walk,))
    movers = [
        threading.Thread(target=run, args=(lambda n=n: live(n),)) for n in range(4)
    ]
    for thread in [walker, *movers]:
        thread.start()
    for thread in movers:
        thread.join()
    over.set()
    walker.join()
    finish(subscription)

    assert errors == []
    histories: dict[int, list[str]] = {p: [] for p in profiles(account)}
    for delivery in deliveries(subscription):
        (event,) = delivery.payload["data"]["segment_events"]
        histories[delivery.profile_id].append(event["event"])
    inside = members(account)
    for profile_id, history in histories.items():
        assert history == ["enter", "exit"] * (len(history) // 2) + (
            ["enter"] if profile_id in inside else []
        )
        assert history


@pytest.mark.django_db
class TestMerges:
    """Two users who turn out to be one, before the walk has reached either."""

    @pytest.fixture
    def pair(self, account, segment):
        """Makes the users, first u1 then u2, and the subscription; returns a teller."""

        def made(first, second):
            for user, value in (("u1", first), ("u2", second)):
                fields = {"user_id": user, "email": f"{user}@x.org", "vip": value}
                put_events(account, [fields])
            drain(account)
            subscription = make_subscription(account, [segment], withbackfill=True)

            def told():
                return [
                    (d.payload["data"]["segment_events"][0]["event"], d.cause)
                    for d in deliveries(subscription)
                ]

            return subscription, told

        return made

    def tie(self, account, **more):
        put_events(account, [{"user_id": "u1", "email": "u2@x.org", **more}])
        drain(account)
        assert len(profiles(account)) == 1

    @pytest.mark.parametrize("walked", [0, 1, 2])
    def test_both_in(self, account, pair, monkeypatch, walked):
        monkeypatch.setattr(backfill, "CHUNK_PROFILES", 1)
        subscription, told = pair("t", "t")
        for _ in range(walked):
            backfill.walk(account.pk, subscription.id)
        before = told()
        self.tie(account)
        after = told()
        # Who was told of stays told of; of an unknown pair it is told at once.
        assert after == (before or [("enter", "backfill")])
        finish(subscription)
        assert told() == after

    def test_one_in_and_the_other_decides(self, account, pair):
        _, told = pair("t", "f")
        self.tie(account)
        assert told() == [("enter", "backfill"), ("exit", "merge")]

    def test_the_one_that_decides_is_in(self, account, pair):
        subscription, told = pair("f", "t")
        self.tie(account)
        assert told() == [("enter", "backfill")]
        finish(subscription)
        assert told() == [("enter", "backfill")]

    def test_it_leaves_with_the_event_that_ties(self, account, pair):
        _, told = pair("t", "t")
        self.tie(account, vip="f")
        assert told() == [("enter", "backfill"), ("exit", "event")]


@pytest.mark.django_db
class TestTheWalk:
    @pytest.fixture
    def vips(self, account, segment):
        put_events(account, [{"user_id": f"u{n}", "vip": "t"} for n in range(7)])
        drain(account)
        return segment

    def test_it_tells_each_member_once_with_since_when(
        self, account, vips, monkeypatch
    ):
        monkeypatch.setattr(backfill, "CHUNK_PROFILES", 3)
        subscription = make_subscription(account, [vips], withbackfill=True)
        finish(subscription)
        told = deliveries(subscription)
        assert [d.profile_id for d in told] == sorted(members(account))
        for delivery in told:
            (event,) = delivery.payload["data"]["segment_events"]
            assert event["event"] == "enter"
            assert delivery.payload["meta"]["cause"] == delivery.cause == "backfill"
            assert delivery.payload["data"]["vip"] == "t"
        walk = Backfill.objects.for_account(account).get()
        assert (walk.done, walk.total) == (7, 7)
        assert walk.ended_at is not None

    def test_without_backfill_members_are_not_told_of(self, account, vips):
        subscription = make_subscription(account, [vips])
        assert backfill.unfinished() == []
        assert deliveries(subscription) == []

    def test_a_walk_goes_on_where_it_was(self, account, vips, monkeypatch):
        monkeypatch.setattr(backfill, "CHUNK_PROFILES", 3)
        subscription = make_subscription(account, [vips], withbackfill=True)
        assert backfill.walk(account.pk, subscription.id) is Walk.MORE
        assert backfill.unfinished() == [subscription.id]
        assert len(deliveries(subscription)) == 3
        assert backfill.work(subscription.id) is False
        assert len(deliveries(subscription)) == 7
        assert backfill.unfinished() == []

    def test_it_waits_for_the_segment_to_be_computed(self, account, vips):
        subscription = make_subscription(account, [vips], withbackfill=True)
        walk = Recompute.objects.create(
            account=account, segment=vips, silent=True, total=1
        )
        assert backfill.walk(account.pk, subscription.id) is Walk.WAITING
        walk.delete()
        assert backfill.walk(account.pk, subscription.id) is Walk.MORE

    def test_it_waits_while_plenty_is_to_be_sent(self, account, vips, monkeypatch):
        monkeypatch.setattr(backfill, "CHUNK_PROFILES", 2)
        monkeypatch.setattr(backlog, "MOST_WAITING", 4)
        subscription = make_subscription(account, [vips], withbackfill=True)
        walks = [backfill.walk(account.pk, subscription.id) for _ in range(3)]
        assert walks == [Walk.MORE, Walk.MORE, Walk.WAITING]

    def test_it_stops_with_its_subscription(self, account, vips):
        subscription = make_subscription(account, [vips], withbackfill=True)
        lifecycle.delete(subscription, SYSTEM)
        assert backfill.unfinished() == []
        assert backfill.work(subscription.id) is False

    def test_asking_for_it_later_tells_those_who_are_not_known(self, account, vips):
        subscription = make_subscription(account, [vips])
        put_events(account, [{"user_id": "u0", "vip": "f"}])
        put_events(account, [{"user_id": "u9", "vip": "t"}])
        drain(account)
        lifecycle.update(subscription, Wanted(withbackfill=True), SYSTEM)
        finish(subscription)
        events = [
            d.payload["data"]["segment_events"][0] for d in deliveries(subscription)
        ]
        assert [e["event"] for e in events] == ["exit", "enter"] + ["enter"] * 6

    def test_nothing_it_reads_from_is_pruned_meanwhile(self, account, vips):
        subscription = make_subscription(account, [vips], withbackfill=True)
        finish(subscription)
        old = timezone.now() - timedelta(days=400)
        Delivery.objects.for_account(account).update(state="delivered", ended_at=old)
        Backfill.objects.for_account(account).update(ended_at=None)
        assert retention.prune() == 0
        Backfill.objects.for_account(account).update(ended_at=timezone.now())
        assert retention.prune() == 7


@pytest.mark.django_db
def test_a_walk_that_begins_anew_as_it_ends_goes_on(account, segment, monkeypatch):
    put_events(account, [{"user_id": "u1", "vip": "t"}])
    drain(account)
    subscription = make_subscription(account, [segment], withbackfill=True)
    other = make_segment(account, "other")
    put_events(account, [{"user_id": "u2", "other": "t"}])
    drain(account)
    end, restarts = backfill._end, [[other.public_id]]

    def end_late(*walk):
        while restarts:
            wanted = Wanted(segment_refs=restarts.pop())
            lifecycle.update(subscription, wanted, SYSTEM)
        return end(*walk)

    monkeypatch.setattr(backfill, "_end", end_late)
    finish(subscription)
    assert [d.payload["data"]["user_id"] for d in deliveries(subscription)] == [
        "u1",
        "u2",
    ]
