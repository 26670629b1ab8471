"""Between backfill and live there is no gap and no double."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from segments.definitions.models import Recompute
from segments.pipeline.batch import Lane, process
from subscriptions import backfill, backlog, lifecycle, retention
from subscriptions.backfill import Walk
from subscriptions.models import Backfill, Delivery
from subscriptions.request import Wanted
from tests.segments.pipeline.accounts import put_events
from tests.subscriptions.making import deliveries, make_segment, make_subscription
from tests.subscriptions.walking import drain, finish, members, profiles


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
