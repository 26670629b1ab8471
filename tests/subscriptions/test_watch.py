"""Destinations that fail are told of, paused in the end, and gone on with when mended."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.alerts.models import Alert
from lyticsapp.authorizations import lifecycle as authorizations
from lyticsapp.authorizations.lifecycle import Wanted as WantedAuthorization
from lyticsapp.authorizations.models import Authorization, Health
from lyticsapp.jobs.models import JobState
from subscriptions import hours, lifecycle, tasks, watch
from subscriptions.hours import Tally
from subscriptions.request import Wanted
from tests.subscriptions.inbox import Inbox, Reply
from tests.subscriptions.making import (
    make_subscription,
    moved,
    send_all,
    states,
    write,
)

pytestmark = pytest.mark.django_db


def open_alerts(account):
    alerts = Alert.objects.for_account(account).filter(cleared_at=None)
    return {alert.kind: alert.text for alert in alerts}


def state_of(subscription):
    subscription.job.refresh_from_db()
    return subscription.job.state


@pytest.fixture
def answers():
    """An inbox, and what it answers from now on."""
    said = {"reply": Reply(500)}
    with Inbox(lambda _: said["reply"]) as inbox:
        yield inbox, said


def test_one_that_fails_is_told_of_and_paused_before_anything_is_given_up(
    account, segment, answers
):
    inbox, said = answers
    subscription = make_subscription(account, [segment], inbox.url)
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    watch.check()
    assert open_alerts(account) == {}
    begun = timezone.now()
    with time_machine.travel(begun + timedelta(minutes=16), tick=False):
        watch.check()
    assert "failed 1 times" in open_alerts(account)["delivery_failing"]

    with time_machine.travel(begun + timedelta(hours=47), tick=False):
        watch.check()
    assert state_of(subscription) == JobState.RUNNING
    with time_machine.travel(begun + timedelta(hours=49), tick=False):
        watch.check()
    assert state_of(subscription) == JobState.PAUSED
    assert set(open_alerts(account)) == {"delivery_stopped"}
    assert states(subscription) == ["pending"]

    said["reply"] = Reply(200)
    lifecycle.resume(subscription, SYSTEM)
    with time_machine.travel(begun + timedelta(hours=50), tick=False):
        send_all(subscription)
        watch.check()
    assert states(subscription) == ["delivered"]
    assert open_alerts(account) == {}


def test_a_delivery_ends_the_failing(account, segment, answers):
    inbox, said = answers
    subscription = make_subscription(account, [segment], inbox.url)
    write(account, [moved(segment, "enter")])
    send_all(subscription)
    said["reply"] = Reply(200)
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        send_all(subscription)
        watch.check()
    assert open_alerts(account) == {}
    subscription.refresh_from_db()
    assert subscription.failing_since is None


@pytest.mark.parametrize(
    ("delivered", "failed", "is_told"),
    [(10, 10, True), (11, 10, False), (9, 10, False), (0, 30, True)],
)
def test_one_of_which_half_the_tries_fail_is_told_of(
    account, segment, delivered, failed, is_told
):
    subscription = make_subscription(account, [segment])
    tally = Tally(delivered=delivered, failed=failed)
    hours.add(account.pk, subscription.pk, tally)
    watch.check()
    assert ("delivery_failing" in open_alerts(account)) is is_told
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        watch.check()
    assert open_alerts(account) == {}


@pytest.fixture
def key(account):
    wanted = WantedAuthorization(
        label="Theirs", settings={"headers": {"Authorization": "wrong"}}
    )
    return authorizations.create(account, "webhook", "header", wanted, SYSTEM)


@pytest.fixture
def refused(account, segment, key):
    """A subscription whose key is refused; the right one is taken."""
    right = {"right"}
    with Inbox(
        lambda a: Reply(200 if a.headers["Authorization"] in right else 401)
    ) as inbox:
        subscription = make_subscription(account, [segment], inbox.url)
        lifecycle.update(subscription, Wanted(authorization=key), SYSTEM)
        write(account, [moved(segment, "enter")])
        send_all(subscription)
        assert state_of(subscription) == JobState.PAUSED
        yield subscription


def test_one_whose_credentials_are_refused_is_told_of_at_once(refused, account):
    watch.check()
    assert "answered 401" in open_alerts(account)["delivery_stopped"]
    watch.resume_mended()
    assert state_of(refused) == JobState.PAUSED, "nothing was mended"


def test_it_goes_on_by_itself_when_the_authorization_is_changed(refused, key, account):
    wanted = WantedAuthorization(settings={"headers": {"Authorization": "right"}})
    authorizations.update(key, wanted, SYSTEM)
    tasks.sweep()
    assert state_of(refused) == JobState.RUNNING
    send_all(refused)
    watch.check()
    assert states(refused) == ["delivered"]
    assert open_alerts(account) == {}


def test_a_change_that_mends_nothing_stops_it_again(refused, key, account):
    wanted = WantedAuthorization(settings={"headers": {"Authorization": "also wrong"}})
    authorizations.update(key, wanted, SYSTEM)
    watch.resume_mended()
    send_all(refused)
    assert state_of(refused) == JobState.PAUSED
    watch.resume_mended()
    assert state_of(refused) == JobState.PAUSED
    assert states(refused) == ["pending"]


def test_a_connection_test_that_passes_has_it_go_on(refused, key, account):
    rows = Authorization.objects.for_account(account)
    rows.update(tested_at=timezone.now(), health=Health.UNHEALTHY)
    watch.resume_mended()
    assert state_of(refused) == JobState.PAUSED
    rows.update(tested_at=timezone.now(), health=Health.HEALTHY)
    watch.resume_mended()
    assert state_of(refused) == JobState.RUNNING


def test_one_that_somebody_paused_is_left_alone(account, segment, inbox):
    subscription = make_subscription(account, [segment], inbox.url)
    lifecycle.pause(subscription, SYSTEM)
    lifecycle.update(subscription, Wanted(name="New"), SYSTEM)
    watch.resume_mended()
    assert state_of(subscription) == JobState.PAUSED
