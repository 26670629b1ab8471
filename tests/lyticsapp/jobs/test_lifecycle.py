"""The life of a job: what may follow what, and what its log says."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyticsapp.accounts.audit import SYSTEM, Actor
from lyticsapp.accounts.models import User
from lyticsapp.jobs import claim, control, lifecycle, runner, tasks
from lyticsapp.jobs.errors import (
    EditConflictError,
    FatalError,
    JobError,
    NoOpenRunError,
    RunError,
    TransitionError,
)
from lyticsapp.jobs.models import (
    LIVE,
    Job,
    JobLog,
    JobState,
    LogLevel,
    RunCause,
    RunState,
)
from lyticsapp.jobs.transitions import CAN_FOLLOW
from tests.lyticsapp.jobs.conftest import HOURLY, now_of, runs_of

pytestmark = pytest.mark.django_db

STEPS = {
    "pause": (lifecycle.pause, LIVE, JobState.PAUSED),
    "resume": (lifecycle.resume, (JobState.PAUSED,), JobState.RUNNING),
    "restart": (lifecycle.restart, (JobState.FAILED,), JobState.RUNNING),
    "stop": (lambda job, _: lifecycle.stop(job, "no luck"), LIVE, JobState.PAUSED),
    "delete": (
        lifecycle.delete,
        tuple(set(JobState) - {JobState.DELETED}),
        JobState.DELETED,
    ),
}


@pytest.fixture
def alice():
    return Actor(user=User.objects.create_user("alice@example.com"))


@pytest.fixture
def job(account, alice):
    """A job that drives something."""
    return lifecycle.create(
        account=account,
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


def edit(job, config, version=None, **more):
    values = {"label": "Other", "description": "", "secrets": {}, "authorization": None}
    lifecycle.edit(
        job,
        version=version or now_of(job).version,
        config=config,
        actor=SYSTEM,
        **{**values, **more},
    )


def test_what_is_driven_runs_from_the_start(job, alice):
    job.refresh_from_db()
    assert (job.state, job.next_run_at) == (JobState.RUNNING, None)
    assert job.created_by == alice.user
    assert job.config == {"a": 1}
    assert lines(job) == [
        ("Started.", LogLevel.INFO, {"user_email": "alice@example.com"})
    ]


def test_what_runs_itself_is_due_at_once(make):
    job = now_of(make(HOURLY, secrets={"password": "baa"}))
    assert job.state == JobState.INITIALIZING
    assert claim.due() == [job.pk]
    assert job.secrets == {"password": "baa"}


@pytest.mark.parametrize("before", JobState)
@pytest.mark.parametrize("name", STEPS)
def test_only_what_is_documented_happens(job, before, name):
    step, allowed, after = STEPS[name]
    put(job, before)
    if before in allowed or before is after:
        step(job, SYSTEM)
        assert job.state == after
        assert before is after or before in CAN_FOLLOW[after]
    else:
        with pytest.raises(TransitionError, match=before.label.lower()):
            step(job, SYSTEM)
    job.refresh_from_db()
    assert job.state in (after, before)


def test_nothing_follows_deletion():
    assert [s for s in JobState if JobState.DELETED in CAN_FOLLOW[s]] == []


def test_a_state_it_is_in_already_leaves_no_line(job):
    lifecycle.pause(job, SYSTEM)
    lifecycle.pause(job, SYSTEM)
    assert [message for message, _, _ in lines(job)] == ["Started.", "Paused."]


def test_what_stopped_it_is_told_until_it_is_resumed(job, alice):
    lifecycle.stop(job, "no such bucket")
    job.refresh_from_db()
    assert (job.state, job.state_reason) == (JobState.PAUSED, "no such bucket")
    assert lines(job)[-1] == ("Paused: no such bucket", LogLevel.ERROR, {})
    lifecycle.resume(job, alice)
    job.refresh_from_db()
    assert (job.state, job.state_reason) == (JobState.RUNNING, "")
    assert claim.due() == [], "it is driven by something else"


def test_a_stale_job_cannot_be_brought_back(job):
    stale = Job.objects.for_account(job.account).get()
    lifecycle.delete(job, SYSTEM)
    with pytest.raises(TransitionError, match="deleted cannot be running"):
        lifecycle.resume(stale, SYSTEM)
    Job.objects.for_account(job.account).delete()
    with pytest.raises(TransitionError):
        lifecycle.pause(stale, SYSTEM)


def test_a_resumed_job_sleeps_on_until_it_is_due(make):
    job = make(HOURLY)
    runner.run(job.pk)
    due_at = now_of(job).next_run_at
    lifecycle.pause(job, SYSTEM)
    lifecycle.resume(job, SYSTEM)
    assert (job.state, job.next_run_at) == (JobState.SLEEPING, due_at)
    lifecycle.pause(job, SYSTEM)
    with time_machine.travel(due_at + timedelta(hours=5), tick=False):
        lifecycle.resume(job, SYSTEM)
        assert job.state == JobState.RUNNING
        runner.run(job.pk)
        assert len(runs_of(job)) == 2, "what was missed is made up for once"
        assert claim.due() == []


def test_a_sleeping_job_runs_when_asked_to(make):
    job = make(HOURLY)
    runner.run(job.pk)
    lifecycle.run_now(job, SYSTEM)
    runner.run(job.pk)
    assert [run.cause for run in runs_of(job)] == [RunCause.START, RunCause.PERSON]
    lifecycle.pause(job, SYSTEM)
    with pytest.raises(TransitionError):
        lifecycle.run_now(job, SYSTEM)


def test_of_two_people_who_edit_the_second_is_told(make):
    job = make(HOURLY)
    seen = job.version
    edit(job, HOURLY, seen)
    with pytest.raises(EditConflictError, match="Somebody else"):
        edit(job, {}, seen)
    assert now_of(job).config == HOURLY
    assert now_of(job).label == "Other"


def test_an_edited_schedule_counts_at_once(make):
    job = make(HOURLY)
    runner.run(job.pk)
    ended_at = runs_of(job)[0].ended_at
    edit(job, HOURLY | {"run_frequency": "daily"})
    assert now_of(job).next_run_at == ended_at + timedelta(days=1)
    edit(job, {})
    assert now_of(job).state == JobState.COMPLETED
    assert now_of(job).next_run_at is None


def test_a_run_that_waits_is_cancelled_and_the_job_goes_on(make, steer):
    steer(partial(fails, RunError("Not now.")))
    job = make(HOURLY)
    runner.run(job.pk)
    lifecycle.cancel(job, SYSTEM)
    assert runs_of(job)[0].state == RunState.CANCELLED
    assert now_of(job).state == JobState.SLEEPING
    with pytest.raises(NoOpenRunError):
        lifecycle.cancel(job, SYSTEM)


def test_a_deleted_job_forgets_its_secrets(make):
    job = make(HOURLY, secrets={"password": "baa"})
    lifecycle.delete(job, SYSTEM)
    assert now_of(job).secrets is None
    assert claim.due() == []


def fails(error, run):
    raise error


def ends_well(run):
    run.save({"n": run.checkpoint.get("n", 0) + 1}, read=1)


WORK = {
    "succeed": ends_well,
    "stumble": partial(fails, RunError("Not now.")),
    "break": partial(fails, FatalError("No such bucket.")),
    "crash": partial(fails, ValueError("?")),
}
ACTS = {
    "pause": lifecycle.pause,
    "resume": lifecycle.resume,
    "restart": lifecycle.restart,
    "run now": lifecycle.run_now,
    "cancel": lifecycle.cancel,
    "repeat": lambda job, _: edit(job, HOURLY),
    "once": lambda job, _: edit(job, {}),
    "delete": lifecycle.delete,
}
steps = st.one_of(
    st.tuples(st.sampled_from([*WORK, "die"]), st.none() | st.sampled_from([*ACTS])),
    st.tuples(st.sampled_from([*ACTS]), st.none()),
    st.tuples(st.just("wait"), st.integers(1, 900)),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(steps, min_size=4, max_size=14), st.booleans())
def test_whatever_is_done_no_job_is_lost(make, steer, walk, repeats):
    with time_machine.travel(datetime(2026, 3, 28, tzinfo=UTC), tick=False) as clock:
        steer()
        job = make(HOURLY if repeats else {})
        for name, then in walk:
            before = JobState(now_of(job).state)
            if name == "wait":
                clock.shift(timedelta(minutes=then))
                claim.recover()
            elif name in ACTS:
                with suppress(JobError):
                    ACTS[name](job, SYSTEM)
            else:
                work(job, steer, name, then)
            check(before, job)


def work(job, steer, name, then):
    """A worker is at it, and meanwhile somebody does something."""

    def run(run):
        if then:
            with suppress(JobError):
                ACTS[then](job, SYSTEM)
        run.save(dict(run.checkpoint))
        WORK[name](run)

    steer(run)
    if name == "die":
        claim.take(job.pk)
        if then:
            with suppress(JobError):
                ACTS[then](job, SYSTEM)
    else:
        runner.run(job.pk)


def check(before, job):
    """What holds of any job at any time."""
    job, runs = now_of(job), runs_of(job)
    states = [run.state for run in runs]
    at_work = states.count(RunState.RUNNING)
    waiting = states.count(RunState.WAITING)
    assert at_work + waiting <= 1
    if job.state in LIVE:
        assert (job.next_run_at is None) == bool(at_work), "it is at work, or will be"
    elif job.state == JobState.PAUSED:
        assert not (waiting and job.next_run_at is None)
    else:
        assert job.next_run_at is None
        assert not waiting
        assert job.state == JobState.DELETED or not at_work
    assert all(
        (run.ended_at is None) == (run.state in ("running", "waiting")) for run in runs
    )
    assert before is not JobState.DELETED or job.state == JobState.DELETED


def test_a_pause_for_a_while_ends_by_itself(make):
    job, other = make({}), make({})
    control.pause_for(job, timedelta(hours=1), SYSTEM)
    control.pause(other, SYSTEM)
    tasks.sweep()
    assert now_of(job).state == JobState.PAUSED
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        tasks.sweep()
        assert now_of(job).state == JobState.RUNNING
        assert now_of(job).resumes_at is None
        assert now_of(other).state == JobState.PAUSED


def test_a_pause_that_is_asked_for_again_has_no_end(make):
    job = make({})
    control.pause_for(job, timedelta(hours=1), SYSTEM)
    control.pause(job, SYSTEM)
    assert now_of(job).resumes_at is None
