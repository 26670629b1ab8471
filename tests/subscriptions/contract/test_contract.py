"""What every channel does, each against its real local service."""

from __future__ import annotations

import uuid
from dataclasses import replace

import orjson
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Member, Role, User
from lyticsapp.authorizations.step import Outcome as StepOutcome
from lyticsapp.declaration.settings import Stored, reveal
from lyticsapp.jobs.models import JobState
from lyticsapp.jobs.workflow import Setup
from lyticsapp.masking import secret_texts
from subscriptions import channel, destination, lifecycle, sending
from subscriptions.channel import Message
from subscriptions.models import Attempt
from subscriptions.outcome import Delivered, Permanent
from tests.subscriptions.contract.harness import harnesses
from tests.subscriptions.making import deliveries, moved, send_all, states, write

USERS = range(1, 6)


def told_of(harness):
    """What was received of each user: the events, in the order they arrived."""
    found = {}
    for body in harness.received():
        (event,) = body["data"]["segment_events"]
        found.setdefault(body["data"]["user_id"], []).append(event["event"])
    return found


def loaded(subscription):
    return destination.load(subscription.pk, timezone.now())


def message(profile_id=7, **data):
    message_id = uuid.uuid4()
    body = {"data": data, "meta": {"id": str(message_id)}}
    return Message(message_id, 12, profile_id, timezone.now(), orjson.dumps(body))


def setup_of(subscription):
    job = subscription.job
    config = reveal(Stored(subscription.config, subscription.secrets))
    return Setup(subscription.account, job.authorization, config)


def tried(way, subscription):
    """What the connection test of the job finds."""
    setup = setup_of(subscription)
    return [step.run(setup.credentials) for step in way.test_steps(setup)]


def test_each_channel_takes_part():
    assert set(harnesses()) == set(channel.registry())


def test_every_documented_key_arrives(account, segment, subscription, harness):
    write(account, [moved(segment, event, 7) for event in ("enter", "exit")])
    send_all(subscription)
    sent = {str(each.message_id): each.id for each in deliveries(subscription)}
    bodies = harness.received()
    assert [body["meta"]["id"] for body in bodies] == list(sent)
    for body in bodies:
        assert body["data"]["user_id"] == "7"
        (event,) = body["data"]["segment_events"]
        assert list(event) == ["id", "slug", "event", "enter", "exit"]
        assert (event["id"], event["slug"]) == (segment.public_id, segment.slug)
        meta = body["meta"]
        assert meta["object"] == "user"
        assert meta["subscription_id"] == subscription.public_id
        assert meta["timestamp"].endswith("Z")
        assert meta["sequence"] == sent[meta["id"]]
        assert meta["cause"] == "event"


def test_what_is_told_of_a_user_arrives_in_order(
    account, segment, subscription, harness
):
    steps = ["enter", "exit"] * 3
    write(account, [moved(segment, step, user) for step in steps for user in USERS])
    send_all(subscription)
    assert set(states(subscription)) == {"delivered"}
    assert told_of(harness) == {str(user): steps for user in USERS}


def test_a_message_over_the_limit_is_given_up_and_names_its_largest_field(
    account, segment, subscription, harness, limits
):
    essay = {"user_id": "2", "essay": "x" * limits.message_bytes}
    large = replace(moved(segment, "enter", 2), render=lambda: essay)
    around = [moved(segment, "enter", 1), large, moved(segment, "exit", 2)]
    write(account, [*around, moved(segment, "enter", 3)])
    send_all(subscription)
    assert states(subscription) == ["delivered", "dead", "delivered", "delivered"]
    (attempt,) = Attempt.objects.for_account(account).exclude(outcome="delivered")
    assert "its largest fields are essay (" in attempt.error
    assert told_of(harness) == {"1": ["enter"], "2": ["exit"], "3": ["enter"]}


@pytest.mark.parametrize("harm", ["break_credentials", "take_away"])
def test_a_destination_that_refuses_all_pauses_the_job_which_keeps_everything(
    account, segment, subscription, harness, harm
):
    getattr(harness, harm)()
    write(account, [moved(segment, "enter", user) for user in USERS])
    send_all(subscription)
    write(account, [moved(segment, "exit", user) for user in USERS])
    send_all(subscription)
    subscription.job.refresh_from_db()
    assert subscription.job.state == JobState.PAUSED
    assert subscription.job.state_reason
    assert set(states(subscription)) == {"pending"}

    harness.mend()
    lifecycle.resume(subscription, SYSTEM)
    send_all(subscription)
    assert set(states(subscription)) == {"delivered"}
    assert told_of(harness) == {str(user): ["enter", "exit"] for user in USERS}


def test_each_message_of_a_send_has_an_outcome_in_order(subscription, harness, limits):
    messages = [message(n, user_id=str(n)) for n in range(min(limits.messages, 9))]
    middle = len(messages) // 2
    large = message(100, essay="x" * limits.message_bytes)
    outcomes = sending.send(
        [*messages[:middle], large, *messages[middle:]], loaded(subscription)
    )
    verdicts = [type(each.verdict) for each in outcomes]
    assert verdicts.pop(middle) is Permanent
    assert verdicts == [Delivered] * len(messages)
    arrived = sorted(body["meta"]["id"] for body in harness.received())
    assert arrived == sorted(str(each.id) for each in messages)


def test_a_request_is_made_of_the_message_alone(subscription, harness, way):
    target, sample = loaded(subscription), message(user_id="ada", name="Ada \ufffe")
    requests = [way.format(sample, target.config, target.credentials) for _ in range(2)]
    assert requests[0] == requests[1]
    assert harness.received() == []


def test_every_setting_has_a_label_and_help(way):
    for setting in way.settings:
        assert setting.label
        assert setting.help.endswith(".")


def test_secrets_are_shown_nowhere(account, subscription, harness, api):
    job = subscription.job
    theirs = {} if job.authorization is None else job.authorization.secrets
    secrets = [*secret_texts(subscription.secrets), *secret_texts(theirs)]
    assert secrets
    person = User.objects.create_user("ada@example.com", "a password")
    Member.objects.create(account=account, user=person, role=Role.ADMIN)
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    shown = [
        api.get(f"/api/subscription/{subscription.public_id}"),
        api.get(f"/v2/job/{job.workflow}/{job.public_id}"),
        browser.get(reverse("admin:jobs_job_change", args=[job.pk])),
    ]
    assert [answer.status_code for answer in shown] == [200, 200, 200]
    for answer in shown:
        text = answer.content.decode()
        assert [secret for secret in secrets if secret in text] == []


def test_the_connection_test_passes_and_sends_nothing(subscription, harness, way):
    results = tried(way, subscription)
    assert {each.outcome for each in results} == {StepOutcome.PASSED}
    assert harness.received() == []


def test_the_connection_test_names_what_is_missing(subscription, harness, way):
    harness.break_credentials()
    failed = [
        each for each in tried(way, subscription) if each.outcome is StepOutcome.FAILED
    ]
    assert failed
    assert any(harness.missing in f"{each.missing} {each.text}" for each in failed)
    harness.mend()
    assert {each.outcome for each in tried(way, subscription)} == {StepOutcome.PASSED}


def test_the_connection_test_fails_where_there_is_no_destination(
    subscription, harness, way
):
    harness.take_away()
    assert StepOutcome.FAILED in {each.outcome for each in tried(way, subscription)}
