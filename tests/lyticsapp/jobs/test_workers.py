"""Workers that are killed or stopped: their runs are gone on with where they were."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.jobs import claim, lifecycle, tasks
from lyticsapp.jobs.models import JobLog, JobRun, JobState, RunState
from tests.lyticsapp.jobs.celery_worker import PATIENCE_S, worker
from tests.lyticsapp.jobs.conftest import now_of, runs_of
from tests.waiting import wait_until

UPTO = 1_500

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(steer):
    account = Account.objects.create(name="Acme")
    keys = Authorization.objects.create(
        account=account, provider="aws", method="keys", label="Our keys"
    )
    return lifecycle.create(
        account=account,
        authorization=keys,
        workflow="count_up",
        label="Sheep",
        config={"upto": UPTO},
        actor=SYSTEM,
    )


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
