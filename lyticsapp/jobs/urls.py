"""The addresses of the endpoints of jobs."""

from __future__ import annotations

from django.urls import path

from lyticsapp.jobs import v1_api, v2_api

urlpatterns = [
    path("api/workflow", v1_api.WorkflowList.as_view(), name="workflow-list"),
    path("api/work", v1_api.WorkList.as_view(), name="work-list"),
    path("api/work/_status", v1_api.WorkStatus.as_view(), name="work-status"),
    path("api/work/_bounceall", v1_api.WorkBounceAll.as_view(), name="work-bounceall"),
    path("api/work/<str:public_id>", v1_api.WorkDetail.as_view(), name="work-detail"),
    path(
        "api/work/<str:public_id>/<str:command>",
        v1_api.WorkCommand.as_view(),
        name="work-command",
    ),
    path("v2/job", v2_api.JobList.as_view(), name="v2-job-list"),
    path("v2/job/logs", v2_api.Logs.as_view(), name="v2-logs"),
    path(
        "v2/job/<str:workflow>",
        v2_api.JobsOfWorkflow.as_view(),
        name="v2-jobs-of-workflow",
    ),
    path(
        "v2/job/<str:workflow>/<str:public_id>",
        v2_api.JobDetail.as_view(),
        name="v2-job-detail",
    ),
    path(
        "v2/job/<str:workflow>/<str:public_id>/logs",
        v2_api.JobLogs.as_view(),
        name="v2-job-logs",
    ),
    path(
        "v2/job/<str:workflow>/<str:public_id>/<str:command>",
        v2_api.JobCommand.as_view(),
        name="v2-job-command",
    ),
]
