"""A run from being taken up to its end, as its workflow and the job see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.jobs import claim, lifecycle, runner, under_way
from lyticsapp.jobs import log as joblog
from lyticsapp.jobs.errors import FatalError, RunError
from lyticsapp.jobs.models import (
    JobHour,
    JobLog,
    JobState,
    LogLevel,
    RunState,
)
from lyticsapp.jobs.run import Interrupted
from lyticsapp.jobs.workflow import Kind
from tests.lyticsapp.jobs.conftest import HOURLY, now_of, runs_of
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


def lines(job):
    logs = JobLog.objects.for_account(job.account).filter(job=job).order_by("pk")
    return [line.message for line in logs]


def raising(error):
    def run(run):
        raise error

    return run


def test_what_a_run_saves_is_kept_and_counted(make, steer):
    def run(run):
        run.save({"line": 10}, done=10, total=20, read=10, added=9, failed=1, bytes=80)
        run.save({"line": 20}, done=20, read=10, added=10)

    steer(run)
    job = make({})
    runner.run(job.pk)
    (run,) = runs_of(job)
    assert (run.state, run.done, run.total) == (RunState.COMPLETED, 20, 20)
    assert (run.read, run.added, run.failed, run.bytes) == (20, 19, 1, 80)
    assert run.checkpoint == {"line": 20}
    assert now_of(job).state == JobState.COMPLETED
    (hour,) = JobHour.objects.for_account(job.account)
    assert (hour.read, hour.added, hour.hour.minute) == (20, 19, 0)
    assert lines(job) == [
        "Started.",
        "Run started.",
        "Run completed: 20 read, 19 added, 1 failed, 80 bytes.",
        "Completed.",
    ]


def test_the_next_run_begins_at_the_checkpoint_of_the_one_before(make, steer):
    seen = []

    def run(run):
        seen.append(run.checkpoint)
        run.save({"runs": len(seen)})

    steer(run)
    job = make(HOURLY)
    runner.run(job.pk)
    runner.run(job.pk)
    assert len(seen) == 1, "it sleeps"
    with time_machine.travel(now_of(job).next_run_at):
        runner.run(job.pk)
    assert seen == [{}, {"runs": 1}]


def test_a_count_that_is_none_is_refused(make, steer):
    def run(run):
        with pytest.raises(TypeError, match="sheep"):
            run.save({}, sheep=3)

    steer(run)
    job = make({})
    runner.run(job.pk)
    assert now_of(job).state == JobState.COMPLETED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FatalError("There is no bucket “sheep”. Make it."), "no bucket"),
        (InvalidSettingError("file", "is required."), "file: is required"),
    ],
)
def test_what_no_waiting_mends_fails_at_once(make, steer, error, reason):
    steer(raising(error))
    job = make(HOURLY)
    runner.run(job.pk)
    assert now_of(job).state == JobState.FAILED
    assert reason in now_of(job).state_reason
    assert runs_of(job)[0].state == RunState.FAILED
    lifecycle.restart(job, SYSTEM)
    steer()
    runner.run(job.pk)
    assert [run.state for run in runs_of(job)] == [RunState.FAILED, RunState.COMPLETED]
    assert now_of(job).state_reason == ""


def test_an_error_shows_no_secret_of_the_job(make, steer):
    steer(raising(FatalError("The server said: wrong password hush-hush.")))
    job = make({"password": "****"}, secrets={"password": "hush-hush"})
    runner.run(job.pk)
    assert now_of(job).state_reason == "The server said: wrong password ****."


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (RunError("S3 is slow."), "S3 is slow."),
        (ValueError("key=hush"), "Unexpected ValueError"),
    ],
)
def test_other_errors_are_tried_again_for_ten_hours(make, steer, error, shown):
    steer(raising(error))
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as clock:
        job = make(HOURLY)
        begun = timezone.now()
        runner.run(job.pk)
        assert now_of(job).state == JobState.SLEEPING
        while (due := now_of(job).next_run_at) is not None:
            clock.move_to(due)
            runner.run(job.pk)
        assert timezone.now() - begun == timedelta(hours=10)
    (run,) = runs_of(job)
    assert run.state == RunState.FAILED
    assert run.failures == run.tries > 5
    assert now_of(job).state == JobState.FAILED
    assert shown in run.error
    assert "hush" not in " ".join(lines(job))


def test_progress_between_errors_lets_the_counting_begin_anew(make, steer):
    def run(run):
        run.save({"line": run.checkpoint.get("line", 0) + 1})
        raise RunError("Not now.")

    steer(run)
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as clock:
        job = make({})
        for _ in range(20):
            runner.run(job.pk)
            clock.move_to(now_of(job).next_run_at)
    (run,) = runs_of(job)
    assert (run.state, run.failures, run.checkpoint) == (
        RunState.WAITING,
        1,
        {"line": 20},
    )


def test_a_pause_ends_it_at_its_step_and_a_resume_goes_on(make, steer):
    def run(run):
        for line in range(run.checkpoint.get("line", 0), 4):
            if line == 2 and now_of(job).state != JobState.PAUSED and not resumed:
                lifecycle.pause(job, SYSTEM)
            run.save({"line": line + 1}, read=1)

    resumed = False
    steer(run)
    job = make({})
    runner.run(job.pk)
    (run_row,) = runs_of(job)
    assert (run_row.state, run_row.read) == (RunState.WAITING, 3)
    assert now_of(job).state == JobState.PAUSED
    assert claim.due() == []
    resumed = True
    lifecycle.resume(job, SYSTEM)
    runner.run(job.pk)
    (run_row,) = runs_of(job)
    assert (run_row.state, run_row.read) == (RunState.COMPLETED, 4)


@pytest.mark.parametrize(
    ("act", "after"),
    [
        (lifecycle.cancel, JobState.SLEEPING),
        (lifecycle.delete, JobState.DELETED),
    ],
)
def test_a_run_that_is_cancelled_or_whose_job_is_deleted_ends(make, steer, act, after):
    def run(run):
        act(job, SYSTEM)
        run.save({"line": 1}, read=1)
        raise AssertionError("it went on")

    steer(run)
    job = make(HOURLY)
    runner.run(job.pk)
    assert runs_of(job)[0].state == RunState.CANCELLED
    assert now_of(job).state == after


def test_a_step_that_notices_is_rolled_back_whole_in_a_transaction(make, steer):
    def run(run):
        run.save({"line": 1}, read=1)
        with transaction.atomic():
            lifecycle.cancel(job, SYSTEM)
            run.save({"line": 2}, read=1)

    steer(run)
    job = make({})
    with pytest.raises(Interrupted), transaction.atomic():
        under_way_of(job, run)
    assert runs_of(job) == []


def under_way_of(job, run):
    taken = claim.take(job.pk)
    run(under_way.RunUnderWay(taken, runner.stopping, gives_way=False))


def test_an_edit_counts_from_the_next_step_on(make, steer, account):
    chosen = Authorization.objects.create(
        account=account,
        provider="aws",
        method="keys",
        label="Keys",
        config={"access_key": "AKIA"},
    )
    seen = []

    def run(run):
        seen.append((dict(run.config), run.credentials.settings))
        lifecycle.edit(
            job,
            version=job.version,
            label="New",
            description="",
            config={"file": "b", "password": "****"},
            secrets={"password": "baa"},
            authorization=chosen,
            actor=SYSTEM,
        )
        assert run.config == {"file": "a"}
        run.save({"line": 1})
        seen.append((dict(run.config), run.credentials.settings))

    steer(run)
    job = make({"file": "a"})
    runner.run(job.pk)
    assert seen == [
        ({"file": "a"}, {}),
        ({"file": "b", "password": "baa"}, {"access_key": "AKIA"}),
    ]


def test_a_worker_that_is_to_stop_leaves_the_run_to_others(make, steer):
    def run(run):
        runner.stopping.set()
        run.save({"line": 1})

    steer(run)
    job = make({})
    try:
        runner.run(job.pk)
    finally:
        runner.stopping.clear()
    assert runs_of(job)[0].state == RunState.WAITING
    assert claim.due() == [job.pk]


def test_what_a_worker_saves_that_lost_its_run_is_refused(make, steer):
    def run(run):
        claim.end(taken, lambda job, row: setattr(row, "tries", row.tries + 1))
        run.save({"line": 1}, read=1)

    job = make({})
    taken = claim.take(job.pk)
    with pytest.raises(Interrupted, match="another worker"):
        run(under_way.RunUnderWay(taken, runner.stopping, gives_way=False))
    (row,) = runs_of(job)
    assert (row.read, row.checkpoint) == (0, {})


@pytest.mark.django_db(transaction=True)
def test_a_run_is_taken_up_once(make):
    job = make({})
    taken = []

    def take():
        taken.append(claim.take(job.pk))
        connection.close()

    threads = [Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in taken if each]) == 1


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_while_the_workflow_says_nothing(make, steer, monkeypatch):
    monkeypatch.setattr(under_way, "BEAT_S", 0.02)

    def run(run):
        first = runs_of(job)[0].leased_until
        wait_until(lambda: runs_of(job)[0].leased_until > first, what="a renewal")
        lifecycle.pause(job, SYSTEM)
        wait_until(lambda: is_noticed(run), what="the pause to be noticed")
        run.log("never written")

    steer(run)
    job = make({})
    runner.run(job.pk)
    assert runs_of(job)[0].state == RunState.WAITING
    assert "never written" not in lines(job)


def is_noticed(run):
    try:
        _ = run.config
    except Interrupted:
        return True
    return False


@pytest.mark.django_db(transaction=True)
def test_one_that_consumes_a_stream_gives_way_to_those_that_wait(
    make, steer, monkeypatch
):
    monkeypatch.setattr(under_way, "BEAT_S", 0.02)
    monkeypatch.setattr(under_way, "SLICE_S", 0.0)
    monkeypatch.setattr(under_way, "WAITED", timedelta(0))

    def run(run):
        wait_until(lambda: is_noticed(run), what="the run to give way")
        run.save({})

    steer(run, Kind.CONTINUOUS)
    first, second = make(HOURLY), make(HOURLY)
    runner.run(first.pk)
    assert runs_of(first)[0].state == RunState.WAITING
    assert claim.due() == [second.pk, first.pk]


def test_a_stream_that_has_ended_completes_its_job(make, steer):
    steer(None, Kind.CONTINUOUS)
    job = make(HOURLY)
    runner.run(job.pk)
    assert now_of(job).state == JobState.COMPLETED


def test_a_million_bad_rows_leave_few_lines(make, steer):
    def run(run):
        for row in range(500):
            run.log(f"Row {row} is short.", level=LogLevel.WARNING, row=row)

    steer(run)
    job = make({})
    runner.run(job.pk)
    said = [line for line in lines(job) if line.startswith("Row")]
    assert joblog.LINES_AT_ONCE <= len(said) < joblog.LINES_AT_ONCE + 10
    assert f"{500 - len(said)} further lines were left out here." in lines(job)


def test_a_job_that_kills_its_workers_fails_in_the_end(make):
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as clock:
        job = make({})
        while (due := now_of(job).next_run_at) is not None:
            clock.move_to(max(due, timezone.now()))
            assert claim.take(job.pk)
            clock.shift(timedelta(seconds=claim.LEASE_S + 1))
            claim.recover()
    assert now_of(job).state == JobState.FAILED
    assert "worker" in now_of(job).state_reason
