"""What is pruned of jobs, and what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.jobs import lifecycle, retention, runner
from lyticsapp.jobs.models import Job, JobHour, JobLog
from tests.lyticsapp.jobs.conftest import HOURLY, now_of, runs_of

pytestmark = pytest.mark.django_db


def counts(run):
    run.save({"n": 1}, read=1)


def prune_in(days):
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        retention.prune()


def test_old_runs_logs_and_figures_go_but_not_the_newest_run(make, steer):
    steer(counts)
    job = make(HOURLY)
    runner.run(job.pk)
    lifecycle.run_now(job, SYSTEM)
    runner.run(job.pk)
    _, newest = runs_of(job)
    prune_in(days=89)
    assert len(runs_of(job)) == 2
    prune_in(days=91)
    assert runs_of(job) == [newest]
    assert not JobLog.objects.for_account(job.account).exists()
    assert not JobHour.objects.for_account(job.account).exists()
    assert now_of(job).state == "sleeping"


def test_jobs_that_have_ended_go_and_those_that_are_paused_stay(make, steer, account):
    steer(counts)
    ended, paused, deleted = make({}), make(HOURLY), make(HOURLY)
    runner.run(ended.pk)
    lifecycle.pause(paused, SYSTEM)
    lifecycle.delete(deleted, SYSTEM)
    driven = lifecycle.create(
        account=account, workflow="webhook_triggers", label="Shop", actor=SYSTEM
    )
    Job.objects.for_account(account).filter(pk=driven.pk).update(state="failed")
    prune_in(days=89)
    assert Job.objects.for_account(account).count() == 4
    prune_in(days=91)
    assert set(Job.objects.for_account(account)) == {paused, driven}
