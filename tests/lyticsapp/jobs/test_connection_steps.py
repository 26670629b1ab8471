"""What a connection test tries hangs on the jobs that use the authorization."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet

from lyticsapp.authorizations import connection_test
from lyticsapp.authorizations.step import Step, passed
from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import Job, JobState
from tests.lyticsapp.jobs.workflows import count_up

pytestmark = pytest.mark.django_db


def counting(setup):
    upto = setup.config["upto"]
    return [
        Step(
            key=f"count:{upto}",
            title=f"Count to {upto}",
            run=lambda _: passed(setup.config.get("password", "")),
        )
    ]


@pytest.fixture
def job(keys, monkeypatch):
    """Makes a job with this number, in a state."""
    kind = replace(workflow.declared("count_up", count_up), test_steps=counting)
    monkeypatch.setattr(workflow, "registry", lambda: {"count_up": kind})

    def made(upto, state=JobState.RUNNING, **values):
        return Job.objects.create(
            account=keys.account,
            workflow="count_up",
            label="Count",
            authorization=keys,
            config={"upto": upto},
            state=state,
            **values,
        )

    return made


def titles(authorization):
    return [step.title for step in connection_test.steps_of(authorization)]


def test_each_job_adds_what_it_needs_once(job, keys):
    assert titles(keys) == ["Identity"]
    job(3)
    job(5, JobState.PAUSED)
    job(5, JobState.SLEEPING)
    assert titles(keys) == ["Identity", "Count to 5", "Count to 3"]


@pytest.mark.parametrize(
    "state", [JobState.FAILED, JobState.COMPLETED, JobState.DELETED]
)
def test_jobs_that_have_ended_need_nothing(job, keys, state):
    job(3, state)
    assert titles(keys) == ["Identity"]


def test_the_settings_of_the_job_are_in_place(job, keys):
    job(3, secrets={"password": "baa"})
    step = connection_test.steps_of(keys)[-1]
    assert step.run(None).text == "baa"


def test_a_job_of_a_former_release_adds_nothing(job, keys):
    made = job(3)
    Job.objects.for_account(made.account).update(workflow="gone")
    assert titles(keys) == ["Identity"]


def test_a_file_may_declare_them(monkeypatch):
    assert workflow.declared("count_up", count_up).test_steps is workflow.no_steps
    monkeypatch.setattr(count_up, "test_steps", counting, raising=False)
    assert workflow.declared("count_up", count_up).test_steps is counting


def test_a_job_whose_secrets_are_lost_does_not_hinder(job, keys, settings):
    job(3, secrets={"password": "baa"})
    keys.refresh_from_db()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert titles(keys) == ["Identity"]
