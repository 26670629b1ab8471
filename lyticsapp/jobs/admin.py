"""Jobs: what people have set up to run, and the state it is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest

from lyticsapp.face import current, home
from lyticsapp.face.model_admin import ReadOnly
from lyticsapp.face.shown import badge
from lyticsapp.jobs.models import Job, JobLog, JobRun, JobState

RUNS_SHOWN = 20
LOGS_SHOWN = 50


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Jobs, their runs and their logs."""

    menu_group = "Triggers"
    menu_icon = "work"
    menu_order = 30
    intro = "Everything that was set up to run. A subscription is driven by a job."
    empty_title = "No jobs yet"
    empty_text = "A job comes with each subscription, import and export."

    list_display = ["label", "workflow", "state_shown", "created_by", "updated_at"]
    list_select_related = ["created_by"]
    list_filter = ["state", "workflow"]
    search_fields = ["label", "public_id"]
    search_help_text = "Label or id"
    ordering = ["-created_at", "-pk"]
    change_form_template = "admin/jobs/job.html"

    @admin.display(description="state", ordering="state")
    def state_shown(self, job: Job) -> str:
        return badge(job.get_state_display(), job.state)

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """The newest runs and log lines."""
        runs = JobRun.objects.for_account(obj.account_id).filter(job=obj)
        logs = JobLog.objects.for_account(obj.account_id).filter(job=obj)
        return {
            "runs": runs.order_by("-started_at")[:RUNS_SHOWN],
            "logs": logs.order_by("-at")[:LOGS_SHOWN],
        }


def _jobs_by_state(request: HttpRequest) -> dict[str, Any]:
    jobs = Job.objects.for_account(current.account(request))
    counts = dict(jobs.values_list("state").annotate(n=Count("pk")))
    return {
        "states": [
            {"state": state, "count": counts[state]}
            for state in JobState
            if state in counts
        ]
    }


home.register(
    home.HomeSection(
        key="jobs",
        title="Jobs",
        order=40,
        template="admin/jobs/home.html",
        context=_jobs_by_state,
    )
)
