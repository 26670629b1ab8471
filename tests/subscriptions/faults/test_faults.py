"""Whatever goes wrong between us and a destination: nothing is lost, order is kept."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, event, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.jobs import control
from lyticsapp.jobs.models import Job, JobState
from subscriptions.channels import webhook
from tests.subscriptions.contract.harness import harnesses
from tests.subscriptions.faults.schedule import Fault, Schedule, Strike
from tests.subscriptions.faults.server import Misbehaving
from tests.subscriptions.faults.services import Kinesis, Sqs, Webhook
from tests.subscriptions.making import (
    deliveries,
    moved,
    send_all,
    states,
    subscribe,
    write,
)

AWS = {"kinesis": Kinesis, "sqs": Sqs}
USERS = 6
MOST_ROUNDS = 80
LONGER_THAN_ANY_WAIT = timedelta(hours=2)
PATIENCE_S = 0.2
"""How long a webhook's answer is waited for; what is late is later than that."""

# At AWS an answer is waited for so long that no test can be late.
ANYWHERE = sorted(set(Fault) - {Fault.LATE}, key=lambda fault: fault.name)
STRIKES = st.builds(
    Strike,
    fault=st.sampled_from(ANYWHERE),
    share=st.floats(0.1, 1),
    abruptly=st.booleans(),
)
HISTORIES = st.lists(st.integers(1, USERS), min_size=1, max_size=20)
SCHEDULES = st.lists(STRIKES, max_size=15)


@pytest.fixture(params=[*AWS, "webhook"])
def key(request):
    return request.param


@pytest.fixture
def harness(key, account, request):
    with harnesses()[key](account, request.getfixturevalue) as harness:
        yield harness


@pytest.fixture
def between(key, harness, request, settings):
    """The server between us and the destination."""
    if key == "webhook":
        with Misbehaving(Webhook(address_of(harness.inbox.origin))) as server:
            harness.config = {**harness.config, "webhook_url": f"{server.url}/hook"}
            yield server
    else:
        aws = request.getfixturevalue("installation")
        service = AWS[key](address_of(aws.endpoint_url), aws.client(key))
        with Misbehaving(service) as server:
            settings.AWS_ENDPOINT_URL = server.url
            yield server


def address_of(url):
    parts = urlsplit(url)
    return parts.hostname, parts.port


def send_until_all_arrived(subscription):
    """Deliver what is due, then move the time past all waits, as often as it takes.

    Somebody mends what paused the job meanwhile.
    """
    now = timezone.now()
    for number in range(MOST_ROUNDS):
        with time_machine.travel(now + number * LONGER_THAN_ANY_WAIT):
            send_all(subscription)
            job = Job.objects.for_account(subscription.account).get(
                pk=subscription.job_id
            )
            if job.state == JobState.PAUSED:
                control.resume(job, SYSTEM)
        if "pending" not in states(subscription):
            return
    raise AssertionError(f"{states(subscription)} after {MOST_ROUNDS} rounds")


def check(account, segment, key, harness, between, history, strikes):
    """Send a history through these strikes, and look at what arrived.

    Gives how often each fault struck.
    """
    between.follow(Schedule([]))
    subscription = subscribe(
        account, [segment], key, harness.config, harness.authorization
    )
    schedule = Schedule(strikes)
    between.follow(schedule)
    write(account, [moved(segment, "enter", user) for user in history])
    send_until_all_arrived(subscription)

    sent = {str(each.message_id): each for each in deliveries(subscription)}
    assert {each.state for each in sent.values()} == {"delivered"}
    contents = {}
    numbers = defaultdict(list)
    for body in harness.received():
        meta = body["meta"]
        if meta["id"] in sent:
            assert contents.setdefault(meta["id"], body) == body
            numbers[body["data"]["user_id"]].append(meta["sequence"])
    assert {id: body["meta"]["sequence"] for id, body in contents.items()} == {
        id: each.id for id, each in sent.items()
    }
    for of_user in numbers.values():
        assert of_user == sorted(of_user)
    return schedule.struck


@hypothesis_settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=HISTORIES, strikes=SCHEDULES)
def test_it_arrives_in_order(account, segment, key, harness, between, history, strikes):
    for fault in check(account, segment, key, harness, between, history, strikes):
        event(fault.name)


@pytest.mark.storm
@pytest.mark.timeout(1200)
@hypothesis_settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=HISTORIES, strikes=SCHEDULES)
def test_it_does_however_often_one_looks(
    account, segment, key, harness, between, history, strikes
):
    for fault in check(account, segment, key, harness, between, history, strikes):
        event(fault.name)


def test_each_of_them_is_got_over(account, segment, key, harness, between):
    faults = [Fault.PARTIAL, *ANYWHERE]
    users = [*range(1, USERS + 1)] * 2
    strikes = [Strike(fault) for fault in faults]
    struck = check(account, segment, key, harness, between, users, strikes)
    assert set(struck) == set(ANYWHERE)


@pytest.mark.parametrize("key", ["webhook"], indirect=True)
def test_what_was_taken_and_answered_too_late_is_sent_again(
    account, segment, key, harness, between, monkeypatch
):
    monkeypatch.setattr(webhook, "TIMEOUT_S", PATIENCE_S)
    strikes = [Strike(Fault.LATE), Strike(Fault.NONE), Strike(Fault.LATE)]
    struck = check(account, segment, key, harness, between, [1, 1, 2], strikes)
    assert struck == {Fault.LATE: 2, Fault.NONE: 3}
    assert len(harness.received()) == 5
