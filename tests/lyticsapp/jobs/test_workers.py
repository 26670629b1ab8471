"""Workers that are killed or stopped: their runs are gone on with where they were."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.jobs import claim, lifecycle, tasks
from lyticsapp.jobs.models import JobLog, JobRun, JobState, RunState
from tests.lyticsapp.jobs.conftest import now_of, runs_of
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
UPTO = 1_500
PATIENCE_S = 30

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(steer):
    return lifecycle.create(
        account=Account.objects.create(name="Acme"),
        workflow="count_up",
        label="Sheep",
        config={"upto": UPTO},
        actor=SYSTEM,
    )


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the queue of jobs, on the database of the test."""
    database = connection.settings_dict
    found = os.environ["DATABASE_URL"]
    head, _, options = found.partition("?")
    address = f"{head.rpartition('/')[0]}/{database['NAME']}"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "--app=tests.lyticsapp.jobs.worker"),
            *("worker", "--queues=jobs", "--pool=threads", "--concurrency=2"),
            *("--without-gossip", "--without-mingle", "--loglevel=WARNING"),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": f"{address}?{options}" if options else address,
            "REDIS_URL": settings.REDIS_URL,
            "DJANGO_SETTINGS_MODULE": "lyticsapp.settings",
        },
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE_S)


def counted_to(job, number):
    tasks.sweep()
    (run,) = runs_of(job) or [JobRun()]
    return run.done >= number


def wait_for(job, number):
    wait_until(
        lambda: counted_to(job, number),
        timeout=PATIENCE_S,
        what=f"{number} to be counted",
    )


def test_a_run_goes_on_where_its_worker_was_killed_or_stopped(job):
    with worker() as killed:
        wait_for(job, 20)
        killed.kill()
        killed.wait(PATIENCE_S)
    (run,) = runs_of(job)
    assert run.state == RunState.RUNNING
    reached = run.done
    tasks.sweep()
    assert runs_of(job)[0].state == RunState.RUNNING, "its lease has not ended"

    let_the_lease_end(run)
    claim.recover()
    assert runs_of(job)[0].state == RunState.WAITING
    with worker() as stopped:
        wait_for(job, reached + 20)
        lifecycle.pause(job, SYSTEM)
        wait_until(
            lambda: runs_of(job)[0].state == RunState.WAITING,
            timeout=PATIENCE_S,
            what="the run to take notice of the pause",
        )
        lifecycle.resume(job, SYSTEM)
        wait_for(job, runs_of(job)[0].done + 20)
        stopped.terminate()
        assert stopped.wait(PATIENCE_S) == 0
    (run,) = runs_of(job)
    assert run.state == RunState.WAITING
    assert run.done < UPTO
    assert now_of(job).state == JobState.RUNNING
    assert claim.due() == [job.pk]

    tasks.run(job.pk)
    (run,) = runs_of(job)
    assert (run.state, run.tries) == (RunState.COMPLETED, 4)
    assert run.read == UPTO, "each number is counted once"
    assert now_of(job).state == JobState.COMPLETED
    said = JobLog.objects.for_account(job.account).values_list("message", flat=True)
    assert "worker that ran it is gone" in " ".join(said)


def let_the_lease_end(run):
    past = timezone.now() - timedelta(seconds=1)
    JobRun.objects.for_account(run.account_id).filter(pk=run.pk).update(
        leased_until=past
    )
