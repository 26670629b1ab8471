"""The runs of a held job: how they begin, wait and end, and what the job does then."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from lyticsapp.jobs import hints, log, retry, schedule_fields, workflow
from lyticsapp.jobs.models import (
    COUNTS,
    OPEN,
    Job,
    JobRun,
    JobState,
    LogLevel,
    RunCause,
    RunState,
)
from lyticsapp.jobs.retry import Problem
from lyticsapp.jobs.schedule import Schedule, next_after
from lyticsapp.jobs.transitions import enter

_WORKER_GONE = Problem(
    "The worker that ran it is gone: it was killed, or its machine went down.",
    worker_gone=True,
)


def schedule_of(job: Job) -> Schedule:
    """When the job runs; one that consumes a stream ends when that does."""
    config = {} if workflow.is_continuous(job.workflow) else job.config
    return schedule_fields.schedule(config, job.created_at)


def open_run(job: Job) -> JobRun | None:
    """The run that is to be gone on with, which nobody else changes meanwhile."""
    runs = JobRun.objects.for_account(job.account_id)
    run: JobRun | None = (
        runs.filter(job=job, state__in=OPEN).select_for_update(no_key=True).first()
    )
    return run


def last_run(job: Job) -> JobRun | None:
    """The newest run."""
    runs = JobRun.objects.for_account(job.account_id).filter(job=job)
    return runs.order_by("-pk").first()


def new_run(job: Job, cause: RunCause | None = None) -> JobRun:
    """A run that waits to begin, with the checkpoint at which the one before ended."""
    before = last_run(job)
    run: JobRun = JobRun.objects.create(
        account=job.account,
        job=job,
        cause=cause or (RunCause.SCHEDULE if before else RunCause.START),
        checkpoint=before.checkpoint if before else {},
    )
    return run


def ask_for(job: Job) -> None:
    """Have the job run now, as somebody wants it."""
    if open_run(job) is None:
        new_run(job, RunCause.PERSON)
    make_due(job)


def make_due(job: Job) -> None:
    """Have the workers find the job now."""
    job.next_run_at = timezone.now()
    hints.hint_after_commit(job.pk)


def next_due(job: Job, run: JobRun) -> datetime | None:
    """When the run is due that follows on one that has ended."""
    assert run.ended_at is not None
    return next_after(schedule_of(job), began_at=run.started_at, ended_at=run.ended_at)


def complete(job: Job, run: JobRun) -> None:
    """The work is done."""
    _end(run, RunState.COMPLETED)
    log.write(job, f"Run completed: {_counted(run)}.", run=run)
    _go_on(job, run)


def cancel(job: Job, run: JobRun) -> None:
    """It was not to go on."""
    _end(run, RunState.CANCELLED)
    log.write(job, f"Run cancelled: {_counted(run)}.", run=run)
    _go_on(job, run, "The run was cancelled.")


def give_back(job: Job, run: JobRun) -> None:
    """Its worker has stopped in order; somebody is to go on with it where one may."""
    if run.cancel_requested_at is not None or job.state == JobState.DELETED:
        cancel(job, run)
    else:
        _put_off(job, run, timedelta(0))


def fail(job: Job, run: JobRun, problem: Problem) -> None:
    """A try has ended with an error."""
    now = timezone.now()
    run.failures += 1
    run.failing_since = run.failing_since or now
    run.error = problem.text
    if run.cancel_requested_at is not None or job.state != JobState.RUNNING:
        give_back(job, run)
        return
    wait = retry.wait(problem, run.failures, now - run.failing_since)
    if wait is None:
        _end(run, RunState.FAILED)
        text = f"Failed: {problem.text}"
        enter(job, JobState.FAILED, text, reason=problem.text, level=LogLevel.ERROR)
    elif not wait:
        log.write(job, problem.text, run=run, level=LogLevel.WARNING)
        _put_off(job, run, wait)
    else:
        _put_off(job, run, wait)
        text = f"Error {run.failures}, tried again in {_shown(wait)}: {problem.text}"
        enter(job, JobState.SLEEPING, text, reason=problem.text, level=LogLevel.WARNING)


def lose(job: Job, run: JobRun) -> None:
    """Its worker is gone."""
    fail(job, run, _WORKER_GONE)


def reschedule(job: Job) -> None:
    """Reckon anew when a job is due that was edited between two runs."""
    run = last_run(job)
    waits = job.state in (JobState.SLEEPING, JobState.PAUSED)
    if run is None or run.state in OPEN or not waits:
        return
    if job.state == JobState.SLEEPING:
        _go_on(job, run)
    else:
        job.next_run_at = next_due(job, run)


def _end(run: JobRun, state: RunState) -> None:
    run.state, run.ended_at, run.leased_until = state, timezone.now(), None
    if state is RunState.COMPLETED:
        run.error = ""


def _put_off(job: Job, run: JobRun, wait: timedelta) -> None:
    run.state, run.leased_until = RunState.WAITING, None
    job.next_run_at = timezone.now() + wait
    if not wait:
        hints.hint_after_commit(job.pk)


def _go_on(job: Job, run: JobRun, reason: str = "") -> None:
    """Sleep until the next run, or end where none follows."""
    if job.state in (JobState.DELETED, JobState.FAILED):
        return
    job.next_run_at = next_due(job, run)
    if job.state == JobState.PAUSED:
        return
    if job.next_run_at is None:
        enter(job, JobState.COMPLETED, "Completed.", reason=reason)
    else:
        text = f"Sleeping until {job.next_run_at:%Y-%m-%d %H:%M} UTC."
        enter(job, JobState.SLEEPING, text)
        job.state_reason = ""


def _counted(run: JobRun) -> str:
    counted = [
        f"{getattr(run, name):,} {name}" for name in COUNTS if getattr(run, name)
    ]
    return ", ".join(counted) or "nothing to do"


def _shown(wait: timedelta) -> str:
    minutes = max(1, round(wait.total_seconds() / 60))
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts)
