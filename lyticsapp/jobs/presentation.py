"""A job as the API shows it, under the documented keys of both generations."""

from __future__ import annotations

from typing import Any

from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import Job, JobLog, JobState


def present(job: Job) -> dict[str, Any]:
    """As `/v2/job` shows it; secrets are masked in `config` as they are stored."""
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
        "status": job.state,
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
