"""The endpoints of jobs under /api: work, and the workflows there are."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.api import Envelope, account_of, actor_of
from lyticsapp.accounts.query import bool_param, duration
from lyticsapp.jobs import control, lookup, workflow
from lyticsapp.jobs.api import JobsView
from lyticsapp.jobs.bodies import (
    NO_BODY,
    WORK_ANSWER,
    WORKFLOWS_ANSWER,
    WORKS_ANSWER,
    WorkBody,
)
from lyticsapp.jobs.json_schema import described
from lyticsapp.jobs.lookup import Narrowed
from lyticsapp.jobs.models import JobState
from lyticsapp.jobs.presentation import present_work
from lyticsapp.jobs.request import read
from lyticsapp.jobs.v2_api import COMMANDS, NEWEST_SHOWN


class WorkflowList(JobsView):
    """The job types there are."""

    @extend_schema(
        tags=["jobs"],
        summary="List the workflows, with their settings as JSON Schema",
        responses={200: WORKFLOWS_ANSWER},
    )
    def get(self, request: Request) -> Response:
        kinds = workflow.registry().values()
        ordered = sorted(kinds, key=lambda each: (each.provider, each.title))
        return Envelope([described(kind) for kind in ordered])


class WorkList(JobsView):
    """The jobs of the account."""

    @extend_schema(
        tags=["jobs"],
        summary="List jobs",
        parameters=[
            OpenApiParameter("showcompleted", OpenApiTypes.BOOL),
            OpenApiParameter("showdeleted", OpenApiTypes.BOOL),
        ],
        responses={200: WORKS_ANSWER},
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        narrowed = Narrowed(
            completed=bool_param(asked, "showcompleted", default=False),
            deleted=bool_param(asked, "showdeleted", default=False),
        )
        found = lookup.listing(account_of(request), narrowed)[:NEWEST_SHOWN]
        return Envelope([present_work(job) for job in found])

    @extend_schema(
        tags=["jobs"],
        summary="Create a job, which starts at once",
        request=WorkBody,
        responses={201: WORK_ANSWER},
    )
    def post(self, request: Request) -> Response:
        account = account_of(request)
        job = control.create(account, read(account, request.data), actor_of(request))
        made = lookup.get(account, job.public_id)
        return Envelope(present_work(made), message="created", status=201)


class WorkStatus(JobsView):
    """The jobs that are in a state."""

    @extend_schema(
        tags=["jobs"],
        operation_id="list_work_by_status",
        summary="List the jobs in a state",
        parameters=[
            OpenApiParameter("status", enum=[state.value for state in JobState])
        ],
        responses={200: WORKS_ANSWER},
    )
    def get(self, request: Request) -> Response:
        everything = Narrowed(completed=True, deleted=True)
        found = lookup.listing(account_of(request), everything)
        state = request.query_params.get("status", "")
        if state:
            found = found.filter(state=state)
        return Envelope([present_work(job) for job in found[:NEWEST_SHOWN]])


class WorkBounceAll(JobsView):
    """Restarts whatever has failed."""

    @extend_schema(
        tags=["jobs"],
        summary="Restart every job that has failed",
        request=NO_BODY,
        responses={200: WORKS_ANSWER},
    )
    def post(self, request: Request) -> Response:
        account = account_of(request)
        failed = lookup.listing(account).filter(state=JobState.FAILED)
        restarted = list(failed[:NEWEST_SHOWN])
        for job in restarted:
            control.restart(job, actor_of(request))
        return Envelope([present_work(job) for job in restarted])


class WorkDetail(JobsView):
    """One job."""

    @extend_schema(tags=["jobs"], summary="Fetch a job", responses={200: WORK_ANSWER})
    def get(self, request: Request, public_id: str) -> Response:
        return Envelope(present_work(lookup.get(account_of(request), public_id)))

    @extend_schema(tags=["jobs"], summary="Delete a job", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        job = lookup.get(account_of(request), public_id)
        control.delete(job, actor_of(request))
        return Response(status=204)


class WorkCommand(JobsView):
    """What is done with a job: pause, resume, bounce, release, kill."""

    @extend_schema(
        tags=["jobs"],
        operation_id="steer_work",
        summary="Pause, resume, bounce, release or kill a job",
        parameters=[
            OpenApiParameter("command", location="path", enum=sorted(COMMANDS)),
            OpenApiParameter(
                "for", description="How long a pause lasts, such as `1h`; h, m or s."
            ),
        ],
        request=NO_BODY,
        responses={200: WORK_ANSWER},
    )
    def post(self, request: Request, public_id: str, command: str) -> Response:
        act = COMMANDS.get(command)
        if act is None:
            raise NotFound
        job = lookup.get(account_of(request), public_id)
        lasting = request.query_params.get("for", "")
        if lasting and act is control.pause:
            control.pause_for(job, duration("for", lasting), actor_of(request))
        else:
            act(job, actor_of(request))
        return Envelope(present_work(job))
