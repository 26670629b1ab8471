"""A job as the API shows it, under the documented keys of both generations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import OPEN, Job, JobLog, JobRun, JobState, RunState

_ENDING = {JobState.PAUSED: "pausing", JobState.DELETED: "deleting"}
"""While its run has not yet taken notice."""


def present_all(jobs: Iterable[Job]) -> list[dict[str, Any]]:
    """As `/v2/job` lists them."""
    listed = list(jobs)
    runs = _open_runs(listed)
    return [_presented(job, runs.get(job.pk)) for job in listed]


def present(job: Job) -> dict[str, Any]:
    """As `/v2/job` shows it; secrets are masked in `config` as they are stored."""
    return _presented(job, _open_runs([job]).get(job.pk))


def status_of(job: Job, run: JobRun | None) -> str:
    """The documented status: that of the job, unless its open run tells more of it."""
    if run is None:
        return job.state
    if job.state == JobState.SLEEPING and run.failures:
        return f"fault-{run.failures}"
    if run.state == RunState.RUNNING and job.state in _ENDING:
        return _ENDING[JobState(job.state)]
    return job.state


def _open_runs(jobs: Sequence[Job]) -> dict[int, JobRun]:
    if not jobs:
        return {}
    runs = JobRun.objects.for_account(jobs[0].account_id).filter(
        job__in=[job.pk for job in jobs], state__in=OPEN
    )
    return {run.job_id: run for run in runs.only("job", "state", "failures")}


def _presented(job: Job, run: JobRun | None) -> dict[str, Any]:
    return {
        "id": job.public_id,
        "account_id": job.account.public_id,
        "user_id": job.created_by.public_id if job.created_by else "",
        "workflow": job.workflow,
        "workflow_title": workflow.title_of(job.workflow),
        "name": job.label,
        "description": job.description,
        "auth_ids": _authorization_ids(job),
        "config": job.config,
        "status": status_of(job, run),
        "status_reason": job.state_reason,
        "version": job.version,
        "next_run": job.next_run_at,
        "created": job.created_at,
        "updated": job.updated_at,
    }


def present_work(job: Job) -> dict[str, Any]:
    """As `/api/work` shows it."""
    return {
        "id": job.public_id,
        "account_id": job.account.public_id,
        "user_id": job.created_by.public_id if job.created_by else "",
        "workflow": job.workflow,
        "workflow_id": job.workflow,
        "name": job.label,
        "description": job.description,
        "config": job.config,
        "state": {},
        "statuscode": job.state,
        "hidden": False,
        "deleted": job.state == JobState.DELETED,
        "tag": "",
        "verbose_logging": False,
        "auth_ids": _authorization_ids(job),
        "work_state_version": job.version,
        "created": job.created_at,
        "updated": job.updated_at,
    }


def present_log(line: JobLog) -> dict[str, Any]:
    """A line of a job's log."""
    return {
        "job_id": line.job.public_id,
        "message": line.message,
        "level": line.level,
        "timestamp": line.at,
        "context": line.context,
    }


def _authorization_ids(job: Job) -> list[str]:
    return [job.authorization.public_id] if job.authorization else []
