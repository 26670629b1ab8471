"""The endpoints of jobs under /v2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.api import Envelope, account_of, actor_of
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.query import bool_param, list_param
from lyticsapp.accounts.v2 import V2Renderer
from lyticsapp.jobs import control, lookup
from lyticsapp.jobs.api import JobsView
from lyticsapp.jobs.bodies import (
    JOB_ANSWER,
    JOBS_ANSWER,
    LOGS_ANSWER,
    NO_BODY,
    JobBody,
)
from lyticsapp.jobs.lookup import Narrowed
from lyticsapp.jobs.models import Job, JobLog, LogLevel
from lyticsapp.jobs.presentation import present, present_all, present_log
from lyticsapp.jobs.request import read, read_version

NEWEST_SHOWN = 1_000
LOG_LINES = 1_000
LOGS_OF = timedelta(hours=24)

COMMANDS: Mapping[str, Callable[[Job, Actor], None]] = {
    "pause": control.pause,
    "resume": control.resume,
    "bounce": control.restart,
    "release": control.run_now,
    "kill": control.delete,
}


class JobList(JobsView):
    """The jobs of the account."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["jobs"],
        operation_id="v2_list_jobs",
        summary="List jobs",
        description="Deleted jobs appear with `show_all`, or with `show_deleted` and "
        "`show_completed` together.",
        parameters=[
            OpenApiParameter("workflow", description="Only those of this workflow."),
            OpenApiParameter("auth_ids", description="Only those of these: `a,b`."),
            OpenApiParameter("show_completed", OpenApiTypes.BOOL),
            OpenApiParameter("show_deleted", OpenApiTypes.BOOL),
            OpenApiParameter("show_all", OpenApiTypes.BOOL),
        ],
        responses={200: JOBS_ANSWER},
    )
    def get(self, request: Request) -> Response:
        found = lookup.listing(account_of(request), _narrowed(request))[:NEWEST_SHOWN]
        return Envelope(present_all(found))

    @extend_schema(
        tags=["jobs"],
        operation_id="v2_create_job",
        summary="Create a job, which starts at once",
        parameters=[
            OpenApiParameter(
                "run_job", OpenApiTypes.BOOL, description="false creates it paused."
            )
        ],
        request=JobBody,
        responses={201: JOB_ANSWER},
    )
    def post(self, request: Request) -> Response:
        return _created(request)


class JobsOfWorkflow(JobsView):
    """Creates jobs of the workflow that the address names."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["jobs"],
        operation_id="v2_create_job_of_workflow",
        summary="Create a job of a workflow, which starts at once",
        request=JobBody,
        responses={201: JOB_ANSWER},
    )
    def post(self, request: Request, workflow: str) -> Response:
        return _created(request, workflow)


class JobDetail(JobsView):
    """One job."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["jobs"],
        operation_id="v2_get_job",
        summary="Fetch a job",
        responses={200: JOB_ANSWER},
    )
    def get(self, request: Request, workflow: str, public_id: str) -> Response:
        return Envelope(present(_job(request, workflow, public_id)))

    @extend_schema(
        tags=["jobs"],
        operation_id="v2_replace_job",
        summary="Replace a job: what is left out is as in a new one",
        description="`version`, where it is given, is that of the job the change was "
        "made from; one that somebody has changed since is refused with 409.",
        request=JobBody,
        responses={200: JOB_ANSWER},
    )
    def put(self, request: Request, workflow: str, public_id: str) -> Response:
        job = _job(request, workflow, public_id)
        wanted = read(account_of(request), request.data, job.workflow)
        version = read_version(request.data)
        control.edit(job, wanted, actor_of(request), version=version)
        return Envelope(present(_job(request, workflow, public_id)), message="updated")


class JobCommand(JobsView):
    """What is done with a job: pause, resume, bounce, release, kill."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["jobs"],
        operation_id="v2_steer_job",
        summary="Pause, resume, bounce, release or kill a job",
        description="`bounce` restarts one that has failed, `release` begins the next "
        "run at once, `kill` deletes it.",
        parameters=[
            OpenApiParameter("command", location="path", enum=sorted(COMMANDS))
        ],
        request=NO_BODY,
        responses={200: JOB_ANSWER},
    )
    def post(
        self, request: Request, workflow: str, public_id: str, command: str
    ) -> Response:
        act = COMMANDS.get(command)
        if act is None:
            raise NotFound
        act(_job(request, workflow, public_id), actor_of(request))
        return Envelope(present(_job(request, workflow, public_id)))


class Logs(JobsView):
    """What the jobs of the account have logged within a day."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["jobs"],
        operation_id="v2_list_logs",
        summary="The log of all jobs, of the last 24 hours",
        responses={200: LOGS_ANSWER},
    )
    def get(self, request: Request) -> Response:
        lines = JobLog.objects.for_account(account_of(request))
        return _lines(lines.filter(at__gte=timezone.now() - LOGS_OF))


class JobLogs(JobsView):
    """What one job has logged."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["jobs"],
        operation_id="v2_list_logs_of_job",
        summary="The log of a job",
        parameters=[
            OpenApiParameter(
                "include_errors",
                OpenApiTypes.BOOL,
                description="false leaves warnings and errors out.",
            )
        ],
        responses={200: LOGS_ANSWER},
    )
    def get(self, request: Request, workflow: str, public_id: str) -> Response:
        job = _job(request, workflow, public_id)
        lines = JobLog.objects.for_account(job.account_id).filter(job=job)
        if not bool_param(request.query_params, "include_errors", default=True):
            lines = lines.filter(level=LogLevel.INFO)
        return _lines(lines)


def _created(request: Request, key: str = "") -> Response:
    wanted = read(account_of(request), request.data, key)
    job = control.create(account_of(request), wanted, actor_of(request))
    if not bool_param(request.query_params, "run_job", default=True):
        control.pause(job, actor_of(request))
    made = lookup.get(account_of(request), job.public_id)
    return Envelope(present(made), message="created", status=201)


def _job(request: Request, workflow: str, public_id: str) -> Job:
    return lookup.get(account_of(request), public_id, workflow)


def _narrowed(request: Request) -> Narrowed:
    asked = request.query_params
    everything = bool_param(asked, "show_all", default=False)
    completed = bool_param(asked, "show_completed", default=False)
    deleted = bool_param(asked, "show_deleted", default=False)
    return Narrowed(
        workflow=asked.get("workflow", ""),
        authorization_ids=list_param(asked, "auth_ids"),
        completed=everything or completed,
        deleted=everything or (completed and deleted),
    )


def _lines(found: QuerySet[Any]) -> Response:
    newest = found.select_related("job").order_by("-at", "-pk")[:LOG_LINES]
    return Envelope([present_log(line) for line in newest])
