"""A channel as a job type: its job drives a subscription."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import control, workflow
from lyticsapp.jobs.errors import JobError
from lyticsapp.jobs.models import Job, JobState
from lyticsapp.jobs.workflow import Setup, Wanted
from segments.profiles.models import Field
from subscriptions import choices, lookup
from subscriptions.models import Subscription
from tests.subscriptions.making import make_segment

WEBHOOK = "webhook_triggers"


def wanted(segment, label="To the shop", **config):
    return Wanted(
        WEBHOOK,
        label,
        "",
        None,
        {
            "segment_ids": [segment.public_id],
            "webhook_url": "http://127.0.0.1:9/",
            **config,
        },
    )


@pytest.fixture
def job(account, segment):
    headers = {"Authorization": "hush-hush"}
    return control.create(account, wanted(segment, headers=headers), SYSTEM)


def test_its_fields_are_the_audiences_those_of_the_channel_and_existing_users():
    kind = workflow.get(WEBHOOK)
    assert [field.name for field in kind.fields] == [
        "segment_ids",
        "webhook_url",
        "headers",
        "http_method",
        "signing_secret",
        "previous_signing_secret",
        "batch_requests",
        "batch_size",
        "batch_flush_duration",
        "do_not_retry",
        "follow_redirects",
        "segmentio_writekey",
        "segmentio_url",
        "user_fields",
        "audience_events",
        "field_changes",
        "include_segs",
        "worker_count",
        "rate_limit",
        "backfill_rate_limit",
        "backfill_sample",
        "withbackfill",
    ]
    assert kind.kind is workflow.Kind.TRIGGER
    assert kind.direction.button == "Start Export"


def test_a_new_job_has_a_subscription(job, segment):
    subscription = lookup.driven_by(job)
    assert list(subscription.segments.all()) == [segment]
    assert subscription.secrets == {"headers": {"Authorization": "hush-hush"}}
    assert job.state == JobState.RUNNING
    assert job.config == {
        "segment_ids": [segment.public_id],
        "webhook_url": "http://127.0.0.1:9/",
        "headers": {"Authorization": "****"},
        "withbackfill": False,
    }


def test_editing_the_job_changes_the_subscription(job, account):
    other = make_segment(account, "regulars")
    control.edit(job, wanted(other, label="To the till"), SYSTEM)
    subscription = lookup.driven_by(job)
    assert list(subscription.segments.all()) == [other]
    assert subscription.name == "To the till"
    job.refresh_from_db()
    assert job.config["segment_ids"] == [other.public_id]
    assert job.version == 2


def test_steering_the_job_steers_the_subscription(job):
    control.pause(job, SYSTEM)
    assert lookup.driven_by(job).job.state == JobState.PAUSED
    control.resume(job, SYSTEM)
    assert lookup.driven_by(job).job.state == JobState.RUNNING
    control.delete(job, SYSTEM)
    kept = Job.objects.for_account(job.account).get(pk=job.pk)
    assert kept.state == JobState.DELETED


def test_its_secrets_are_those_of_the_subscription(job):
    assert control.stored_of(job).secrets == {"headers": {"Authorization": "hush-hush"}}


def test_an_edit_without_an_authorization_takes_it_away(job, segment, account):
    given = Authorization.objects.create(
        account=account, provider="webhook", method="none", label="Hook"
    )
    control.edit(job, replace(wanted(segment), authorization=given), SYSTEM)
    assert Job.objects.for_account(account).get().authorization == given
    control.edit(job, wanted(segment), SYSTEM)
    assert Job.objects.for_account(account).get().authorization is None


def test_what_a_subscription_refuses_is_refused(account, segment):
    stranger = make_segment(Account.objects.create(name="Stranger"), "theirs")
    with pytest.raises(JobError, match=stranger.public_id):
        control.create(account, wanted(stranger), SYSTEM)
    assert not Subscription.objects.for_account(account).exists()


def test_audiences_are_found_by_name_slug_and_id_page_by_page(account, monkeypatch):
    monkeypatch.setattr(choices, "PAGE", 2)
    made = [make_segment(account, f"s{number}") for number in range(3)]
    make_segment(Account.objects.create(name="Stranger"), "s9")
    setup = Setup(account, None, {})
    first = choices.audiences(setup, "s", "")
    assert [each.label for each in first.choices] == ["s0", "s1"]
    second = choices.audiences(setup, "s", first.next)
    assert [each.label for each in second.choices] == ["s2"]
    assert second.next == ""
    (one,) = choices.audiences(setup, made[1].public_id, "").choices
    assert (one.value, one.label) == (made[1].public_id, "s1")


def test_fields_are_found_by_name(account):
    for name in ("email", "plan", "planet"):
        Field.objects.create(account=account, name=name, type="string")
    found = choices.user_fields(Setup(account, None, {}), "plan", "")
    assert [each.value for each in found.choices] == ["plan", "planet"]
