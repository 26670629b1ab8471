"""The bodies of the endpoints of jobs, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from lyticsapp.accounts.answers import answer
from lyticsapp.jobs.models import JobState, LogLevel
from lyticsapp.jobs.workflow import Direction, Kind

STATUSES = f"One of {', '.join(JobState.values)}."


class JobBody(serializers.Serializer[Any]):
    """A job to be created, or to take the place of one."""

    name = serializers.CharField()
    description = serializers.CharField(required=False)
    workflow = serializers.CharField(
        required=False, help_text="Where the address names none."
    )
    auth_ids = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="The id of the authorization, where the workflow takes one.",
    )
    config = serializers.DictField(
        required=False,
        help_text="The workflow's settings; `/api/workflow` lists them.",
    )
    version = serializers.IntegerField(
        required=False, help_text="Of the job that the change was made from."
    )


class WholeJob(serializers.Serializer[Any]):
    """A job as `/v2/job` shows it."""

    id = serializers.CharField()
    account_id = serializers.CharField()
    user_id = serializers.CharField()
    workflow = serializers.CharField()
    workflow_title = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    auth_ids = serializers.ListField(child=serializers.CharField())
    config = serializers.DictField(help_text="Secrets are shown as `****`.")
    status = serializers.CharField(help_text=STATUSES)
    status_reason = serializers.CharField()
    version = serializers.IntegerField()
    next_run = serializers.DateTimeField(allow_null=True)
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()


class WorkBody(serializers.Serializer[Any]):
    """A job to be created under /api/work."""

    workflow_id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(required=False)
    auth_ids = serializers.ListField(child=serializers.CharField(), required=False)
    config = serializers.DictField(required=False)


class Work(serializers.Serializer[Any]):
    """A job as `/api/work` shows it."""

    id = serializers.CharField()
    account_id = serializers.CharField()
    user_id = serializers.CharField()
    workflow = serializers.CharField()
    workflow_id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    config = serializers.DictField(help_text="Secrets are shown as `****`.")
    state = serializers.DictField()
    statuscode = serializers.CharField(help_text=STATUSES)
    hidden = serializers.BooleanField()
    deleted = serializers.BooleanField()
    tag = serializers.CharField()
    verbose_logging = serializers.BooleanField()
    auth_ids = serializers.ListField(child=serializers.CharField())
    work_state_version = serializers.IntegerField()
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()


class WorkflowField(serializers.Serializer[Any]):
    """A setting of a job type."""

    name = serializers.CharField()
    label = serializers.CharField(help_text="As the form shows it.")  # type: ignore[assignment]
    required = serializers.BooleanField()  # type: ignore[assignment]
    advanced = serializers.BooleanField()
    secret = serializers.BooleanField()
    help = serializers.CharField()


class WorkflowShown(serializers.Serializer[Any]):
    """A job type."""

    workflow = serializers.CharField()
    provider = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    direction = serializers.ChoiceField([each.value for each in Direction])
    methods = serializers.ListField(child=serializers.CharField())
    fields = WorkflowField(many=True)  # type: ignore[assignment]
    schema = serializers.DictField(help_text="Of `config`, as JSON Schema.")


class LogShown(serializers.Serializer[Any]):
    """A line of a job's log."""

    job_id = serializers.CharField()
    message = serializers.CharField()
    level = serializers.ChoiceField([level.value for level in LogLevel])
    timestamp = serializers.DateTimeField()
    context = serializers.DictField()  # type: ignore[assignment]


NO_BODY: Any = {"application/json": {"type": "object"}}
JOB_ANSWER = answer("JobAnswer", WholeJob())
JOBS_ANSWER = answer("JobListAnswer", WholeJob(many=True))
LOGS_ANSWER = answer("JobLogsAnswer", LogShown(many=True))
WORK_ANSWER = answer("WorkAnswer", Work())
WORKS_ANSWER = answer("WorkListAnswer", Work(many=True))
WORKFLOWS_ANSWER = answer("WorkflowListAnswer", WorkflowShown(many=True))
