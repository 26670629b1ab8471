"""A destination that is reconciled knows what is true, whatever it was told before."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import LockNotAvailable

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, AuditEntry
from segments.definitions.models import Recompute
from segments.membership.models import Membership
from segments.pipeline.batch import Lane, process
from segments.profiles.models import Profile
from subscriptions import ledger, lifecycle, reconcile, replay, retention, tasks
from subscriptions.errors import ReconciliationError
from subscriptions.models import Delivery, Reconciliation, ToldBefore
from subscriptions.selection import Selection
from subscriptions.sql import raw_cursor
from tests.segments.pipeline.accounts import put_events
from tests.subscriptions.making import deliveries, make_segment, make_subscription

USERS = st.integers(1, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), USERS, st.sampled_from("ttf")),
        st.tuples(st.just("tie"), USERS, st.integers(1, 2)),
        st.tuples(st.just("end"), st.sampled_from(["delivered", "dead"])),
        st.tuples(st.just("prune")),
        st.tuples(st.just("delete"), st.integers(0, 5)),
        st.tuples(st.just("replay")),
        st.tuples(st.just("silently"), USERS),
    ),
    min_size=3,
    max_size=14,
)


def drain(account):
    while process(account.pk, 0).lane is Lane.WORKED:
        pass


def users(account, **values):
    put_events(account, [{"user_id": u, "vip": v} for u, v in values.items()])
    drain(account)


def members(account):
    rows = Membership.objects.for_account(account).filter(left_at=None)
    return set(rows.values_list("profile_id", flat=True))


def known(subscription):
    """Those that the destination takes for members."""
    profiles = Profile.objects.for_account(subscription.account_id)
    ids = list(profiles.values_list("pk", flat=True))
    with raw_cursor() as cursor:
        told = ledger.last_told(cursor, [subscription.pk], ids)
    return {key[1] for key, entry in told.items() if entry.event == "enter"}


def walk(subscription):
    while reconcile.step(subscription.account_id, subscription.pk):
        pass
    return reconcile.of(subscription)


def reconciled(subscription):
    reconcile.start(subscription, SYSTEM)
    counted = walk(subscription)
    reconcile.confirm(subscription, SYSTEM)
    return counted, walk(subscription)


def end(account, state="delivered"):
    rows = Delivery.objects.for_account(account).filter(state="pending")
    rows.update(state=state, ended_at=timezone.now())


def prune():
    with time_machine.travel(timezone.now() + timedelta(days=43)):
        retention.prune()


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_then_last_told_is_membership_whatever_happened(monkeypatch, steps):
    monkeypatch.setattr(reconcile, "CHUNK", 1)
    with transaction.atomic():
        _live_through(steps)
        transaction.set_rollback(True)


def _live_through(steps):
    account = Account.objects.create(name="Own")
    segment = make_segment(account)
    users(account, u1="t", u2="f")
    subscription = make_subscription(account, [segment])
    for step in steps:
        match step:
            case ("set", user, value):
                users(account, **{f"u{user}": value})
            case ("tie", user, mail):
                fields = {"user_id": f"u{user}", "email": f"m{mail}@x.org"}
                put_events(account, [fields])
                drain(account)
            case ("end", state):
                end(account, state)
            case ("prune",):
                prune()
            case ("delete", place):
                for each in deliveries(subscription)[place : place + 1]:
                    each.delete()
            case ("replay",):
                if replay.preview(account, Selection()).messages:
                    begun = replay.start(account, Selection(), SYSTEM, per_second=999)
                    replay.work(begun.pk)
            case ("silently", user):
                # As an edit of the segment does whose moves nobody is to be told of.
                mine = Membership.objects.for_account(account).filter(
                    profile__identities__value=f"u{user}"
                )
                mine.update(left_at=timezone.now())
    before = members(account) ^ known(subscription)
    counted, done = reconciled(subscription)
    assert counted.enters + counted.exits == len(before) == done.sent
    assert known(subscription) == members(account)
    assert done.ended_at is not None


@pytest.mark.django_db
class TestWhatIsWritten:
    @pytest.fixture
    def subscription(self, account, segment):
        """Told of u1, who is in; not of u2, who is in; and of u3, who has left."""
        users(account, u2="t")
        made = make_subscription(account, [segment])
        users(account, u1="t", u3="t", u4="f")
        end(account)
        Membership.objects.for_account(account).filter(
            profile__identities__value="u3"
        ).update(left_at=timezone.now())
        return made

    def test_it_is_the_corrections_alone(self, account, subscription):
        before = len(deliveries(subscription))
        counted, done = reconciled(subscription)
        assert (counted.enters, counted.exits, done.sent) == (1, 1, 2)
        enter, left = deliveries(subscription)[before:]
        for message, user, event in ((enter, "u2", "enter"), (left, "u3", "exit")):
            data = message.payload["data"]
            (told,) = data["segment_events"]
            assert (data["user_id"], told["event"]) == (user, event)
            assert message.cause == message.payload["meta"]["cause"] == "reconcile"
        spells = Membership.objects.for_account(account)
        entered = spells.get(profile_id=enter.profile_id).entered_at
        (told,) = enter.payload["data"]["segment_events"]
        assert told["enter"].startswith(entered.isoformat()[:23])

    def test_counting_writes_nothing(self, subscription):
        before = len(deliveries(subscription))
        reconcile.start(subscription, SYSTEM)
        assert walk(subscription).counted_at is not None
        assert len(deliveries(subscription)) == before
        assert reconcile.unfinished() == []

    def test_nothing_is_left_to_correct(self, subscription):
        reconciled(subscription)
        counted, done = reconciled(subscription)
        assert (counted.enters, counted.exits, done.sent) == (0, 0, 0)

    def test_what_changes_after_the_count_is_not_corrected(self, account, subscription):
        reconcile.start(subscription, SYSTEM)
        walk(subscription)
        users(account, u2="f")
        reconcile.confirm(subscription, SYSTEM)
        assert walk(subscription).sent == 1
        assert known(subscription) == members(account)

    def test_it_goes_on_after_a_kill(self, subscription, monkeypatch):
        monkeypatch.setattr(reconcile, "CHUNK", 1)
        reconcile.start(subscription, SYSTEM)
        walk(subscription)
        reconcile.confirm(subscription, SYSTEM)
        correct, calls = reconcile._correct, []

        def dies(*args):
            correct(*args)
            calls.append(args)
            if len(calls) == 3:
                raise KeyboardInterrupt

        monkeypatch.setattr(reconcile, "_correct", dies)
        with pytest.raises(KeyboardInterrupt):
            walk(subscription)
        assert reconcile.unfinished() == [subscription.pk]
        assert walk(subscription).sent == 2

    @pytest.mark.parametrize(
        ("events", "expected"), [("enters_only", (1, 0)), ("exits_only", (0, 1))]
    )
    def test_who_is_told_of_one_kind_is_corrected_in_that(
        self, account, subscription, events, expected
    ):
        subscription.config |= {"audience_events": events}
        subscription.save()
        reconcile.start(subscription, SYSTEM)
        counted = walk(subscription)
        assert (counted.enters, counted.exits) == expected

    def test_it_waits_for_the_segment_to_be_computed(
        self, account, segment, subscription
    ):
        computing = Recompute.objects.create(
            account=account, segment=segment, silent=True, total=1
        )
        reconcile.start(subscription, SYSTEM)
        assert reconcile.step(account.pk, subscription.pk) is False
        assert reconcile.of(subscription).counted_at is None
        computing.delete()
        assert walk(subscription).counted_at is not None

    def test_it_is_cancelled(self, account, subscription):
        reconcile.start(subscription, SYSTEM)
        reconcile.cancel(subscription, SYSTEM)
        assert reconcile.work(subscription.pk) is False
        assert not Reconciliation.objects.for_account(account).exists()
        actions = AuditEntry.objects.for_account(account).order_by("pk")
        assert list(actions.values_list("action", flat=True))[-2:] == [
            "compare",
            "cancel",
        ]

    def test_what_cannot_be_now_is_refused(self, account, segment, subscription):
        with pytest.raises(ReconciliationError, match="Compare first"):
            reconcile.confirm(subscription, SYSTEM)
        reconcile.start(subscription, SYSTEM)
        walk(subscription)
        reconcile.confirm(subscription, SYSTEM)
        with pytest.raises(ReconciliationError, match="are being written"):
            reconcile.start(subscription, SYSTEM)
        backfilled = make_subscription(account, [segment], withbackfill=True)
        with pytest.raises(ReconciliationError, match="still being told of"):
            reconcile.start(backfilled, SYSTEM)

    def test_it_ends_with_its_subscription(self, subscription):
        reconcile.start(subscription, SYSTEM)
        lifecycle.delete(subscription, SYSTEM)
        assert reconcile.unfinished() == []
        assert reconcile.work(subscription.pk) is False


@pytest.mark.django_db
class TestTheLedger:
    @pytest.fixture
    def subscription(self, account, segment):
        return make_subscription(account, [segment])

    def test_it_outlives_the_messages(self, account, subscription):
        users(account, u1="t", u2="t")
        users(account, u2="f")
        end(account)
        inside = members(account)
        prune()
        assert deliveries(subscription) == []
        assert known(subscription) == inside != set()
        counted, _ = reconciled(subscription)
        assert (counted.enters, counted.exits) == (0, 0)

    def test_newer_messages_go_before_what_was_kept(self, account, subscription):
        users(account, u1="t")
        end(account)
        prune()
        users(account, u1="f")
        assert known(subscription) == set()
        end(account)
        prune()
        assert ToldBefore.objects.for_account(account).get().event == "exit"

    def test_what_died_is_not_kept(self, account, subscription):
        users(account, u1="t")
        end(account, "dead")
        prune()
        assert not ToldBefore.objects.for_account(account).exists()

    def test_what_died_was_not_told(self, account, subscription):
        users(account, u1="t")
        end(account, "dead")
        assert known(subscription) == set()
        counted, done = reconciled(subscription)
        assert (counted.enters, done.sent) == (1, 1)

    def test_it_follows_merges(self, account, subscription):
        users(account, u1="t", u2="t")
        end(account)
        prune()
        assert ToldBefore.objects.for_account(account).count() == 2
        fields = {"user_id": "u1", "email": "m@x.org"}
        put_events(account, [fields, {**fields, "user_id": "u2"}])
        drain(account)
        assert known(subscription) == members(account) != set()
        assert ToldBefore.objects.for_account(account).count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_holds_while_users_move(monkeypatch):
    monkeypatch.setattr(reconcile, "CHUNK", 3)
    account = Account.objects.create(name="Own")
    segment = make_segment(account)
    put_events(account, [{"user_id": f"u{n}", "vip": "t"} for n in range(60)])
    drain(account)
    subscription = make_subscription(account, [segment])
    reconcile.start(subscription, SYSTEM)
    walk(subscription)
    reconcile.confirm(subscription, SYSTEM)
    errors = []

    def live():
        try:
            for turn in range(5):
                value = "f" if turn % 2 == 0 else "t"
                for start in range(0, 60, 6):
                    some = [n for n in range(start, start + 6) if (n + turn) % 3]
                    put_events(
                        account, [{"user_id": f"u{n}", "vip": value} for n in some]
                    )
                    drain(account)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    mover = threading.Thread(target=live)
    mover.start()
    while mover.is_alive():
        reconcile.step(account.pk, subscription.pk)
    mover.join()
    walk(subscription)
    assert errors == []
    assert known(subscription) == members(account)
    histories = {}
    for each in deliveries(subscription):
        (event,) = each.payload["data"]["segment_events"]
        histories.setdefault(each.profile_id, []).append(event["event"])
    # Nobody is told the same thing twice.
    assert all(a != b for told in histories.values() for a, b in pairwise(told))


@pytest.mark.django_db(transaction=True)
def test_it_compares_nobody_while_a_batch_holds_them(account, segment):
    users(account, u1="t")
    subscription = make_subscription(account, [segment])
    reconcile.start(subscription, SYSTEM)
    walk(subscription)
    reconcile.confirm(subscription, SYSTEM)
    waits = []

    def step():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
            reconcile.step(account.pk, subscription.pk)
        except LockNotAvailable as error:
            waits.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        Profile.objects.for_account(account).select_for_update().get()
        thread = threading.Thread(target=step)
        thread.start()
        thread.join()
    assert waits
    assert deliveries(subscription) == []


@pytest.mark.django_db(transaction=True)
def test_the_task_and_the_sweep_go_on_with_it(account, segment):
    users(account, u1="t")
    subscription = make_subscription(account, [segment])
    reconcile.start(subscription, SYSTEM)
    tasks.sweep()
    tasks.reconcile(subscription.pk)
    assert reconcile.of(subscription).enters == 1
