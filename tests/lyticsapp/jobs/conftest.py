"""Jobs of the tests' own workflows, of files or of a function; people who look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.test import Client

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account, Member, Role, User
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import lifecycle, schedule_fields, workflow
from lyticsapp.jobs.models import Job, JobRun
from lyticsapp.jobs.workflow import NO_CREDENTIALS, Direction, Kind
from tests.lyticsapp.jobs import workflows
from tests.lyticsapp.jobs.workflows import count_up

HOURLY = {schedule_fields.KEEP_UPDATED: True, schedule_fields.FREQUENCY: "hourly"}


@pytest.fixture
def account():
    return Account.objects.create(name="Acme")


@pytest.fixture
def keys(account):
    """An authorization that the workflow of the tests takes."""
    return Authorization.objects.create(
        account=account, provider="aws", method="keys", label="Our keys"
    )


@pytest.fixture
def test_workflows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the files of the tests found beside those of the product."""
    found = {**workflow._finders, "tests": lambda: workflow.in_package(workflows)}
    monkeypatch.setattr(workflow, "_finders", found)
    workflow.registry.cache_clear()
    yield
    workflow.registry.cache_clear()


@pytest.fixture
def steer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Have `steered` jobs do what this function does."""

    def bind(run=None, kind=Kind.BATCH):
        found = workflow.declared("count_up", count_up)
        steered = replace(
            found,
            key="steered",
            kind=kind,
            without=NO_CREDENTIALS,
            run=run or (lambda run: None),
            fields=(
                schedule_fields.keep_updated(Direction.IMPORT),
                schedule_fields.frequency(Direction.IMPORT),
                schedule_fields.time_of_day(Direction.IMPORT),
                schedule_fields.timezone(),
            ),
        )
        workflow.bind("tests", lambda: [steered, found])

    monkeypatch.setattr(workflow, "_finders", {})
    bind()
    yield bind
    workflow.registry.cache_clear()


@pytest.fixture
def make(account, steer):
    """Make a job of the steered workflow."""

    def make(config=None, **more):
        return lifecycle.create(
            account=account,
            workflow="steered",
            label="Steered",
            config=config,
            actor=SYSTEM,
            **more,
        )

    return make


@pytest.fixture
def client_of(account):
    """A browser in which somebody with this role is logged in."""

    def create(role):
        user = User.objects.create_user(f"{role}@example.com", "correct horse battery")
        Member.objects.create(account=account, user=user, role=role)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return create


@pytest.fixture
def editor(client_of):
    return client_of(Role.EDITOR)


def now_of(job: Job) -> Job:
    """The job as it is in the database."""
    return Job.objects.for_account(job.account_id).get(pk=job.pk)


def runs_of(job: Job) -> list[JobRun]:
    """Its runs, the oldest first."""
    return list(
        JobRun.objects.for_account(job.account_id).filter(job=job).order_by("pk")
    )
