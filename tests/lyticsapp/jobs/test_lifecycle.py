"""The life of a job: what may follow what, and what its log says."""

from __future__ import annotations

import pytest

from lyticsapp.accounts.audit import SYSTEM, Actor
from lyticsapp.accounts.models import Account, User
from lyticsapp.jobs import lifecycle
from lyticsapp.jobs.errors import TransitionError
from lyticsapp.jobs.lifecycle import CAN_FOLLOW
from lyticsapp.jobs.models import Job, JobLog, JobState, LogLevel

pytestmark = pytest.mark.django_db

STEPS = {
    JobState.PAUSED: lambda job: lifecycle.pause(job, SYSTEM),
    JobState.RUNNING: lambda job: lifecycle.resume(job, SYSTEM),
    JobState.FAILED: lambda job: lifecycle.fail(job, "no luck"),
    JobState.DELETED: lambda job: lifecycle.delete(job, SYSTEM),
}


@pytest.fixture
def alice():
    return Actor(user=User.objects.create_user("alice@example.com"))


@pytest.fixture
def job(alice):
    return lifecycle.create(
        account=Account.objects.create(name="Acme"),
        workflow="webhook_triggers",
        label="To the shop",
        actor=alice,
        config={"a": 1},
    )


def put(job, state):
    Job.objects.for_account(job.account).filter(pk=job.pk).update(state=state)


def lines(job):
    logs = JobLog.objects.for_account(job.account).order_by("id")
    return [(each.message, each.level, each.context) for each in logs]


def test_a_new_job_runs(job, alice):
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    assert job.created_by == alice.user
    assert job.config == {"a": 1}
    assert lines(job) == [
        ("Started.", LogLevel.INFO, {"user_email": "alice@example.com"})
    ]


@pytest.mark.parametrize("before", JobState)
@pytest.mark.parametrize("wanted", STEPS)
def test_only_what_the_table_allows_happens(job, before, wanted):
    put(job, before)
    if before in CAN_FOLLOW[wanted] or before is wanted:
        STEPS[wanted](job)
        assert job.state == wanted
    else:
        with pytest.raises(TransitionError, match=before.label.lower()):
            STEPS[wanted](job)
    job.refresh_from_db()
    assert job.state in (wanted, before)


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        (JobState.RUNNING, JobState.PAUSED),
        (JobState.SLEEPING, JobState.PAUSED),
        (JobState.PAUSED, JobState.RUNNING),
        (JobState.FAILED, JobState.RUNNING),
        (JobState.RUNNING, JobState.FAILED),
        (JobState.PAUSED, JobState.DELETED),
        (JobState.COMPLETED, JobState.DELETED),
    ],
)
def test_the_table_allows_what_is_documented(before, wanted):
    assert before in CAN_FOLLOW[wanted]


@pytest.mark.parametrize("wanted", set(JobState) - {JobState.DELETED})
def test_nothing_follows_deletion(wanted):
    assert JobState.DELETED not in CAN_FOLLOW[wanted]


def test_a_state_it_is_in_already_leaves_no_line(job):
    lifecycle.pause(job, SYSTEM)
    lifecycle.pause(job, SYSTEM)
    assert [message for message, _, _ in lines(job)] == ["Started.", "Paused."]


def test_a_failure_keeps_its_reason_until_it_is_resumed(job, alice):
    lifecycle.fail(job, "no such bucket")
    job.refresh_from_db()
    assert (job.state, job.state_reason) == (JobState.FAILED, "no such bucket")
    assert lines(job)[-1] == ("Failed: no such bucket", LogLevel.ERROR, {})
    lifecycle.resume(job, alice)
    job.refresh_from_db()
    assert (job.state, job.state_reason) == (JobState.RUNNING, "")


def test_a_stale_job_cannot_be_brought_back(job):
    stale = Job.objects.for_account(job.account).get()
    lifecycle.delete(job, SYSTEM)
    with pytest.raises(TransitionError, match="deleted cannot be running"):
        lifecycle.resume(stale, SYSTEM)
    Job.objects.for_account(job.account).delete()
    with pytest.raises(TransitionError):
        lifecycle.pause(stale, SYSTEM)
