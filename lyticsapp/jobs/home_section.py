"""What the home page tells of jobs: how many there are, what failed, what runs."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest

from lyticsapp.face import current
from lyticsapp.face.home import HomeSection
from lyticsapp.jobs.models import Job, JobRun, JobState, RunState
from lyticsapp.jobs.progress import progress_of

SHOWN = 5


def context(request: HttpRequest) -> dict[str, Any]:
    """The jobs by state, the newest failures, and the runs that are under way."""
    account = current.account(request)
    jobs = Job.objects.for_account(account).exclude(state=JobState.DELETED)
    counts = dict(jobs.values_list("state").annotate(n=Count("pk")))
    failed = jobs.filter(state=JobState.FAILED).defer("secrets")
    under_way = JobRun.objects.for_account(account).filter(state=RunState.RUNNING)
    return {
        "states": [
            {"state": state, "count": counts[state]}
            for state in JobState
            if state in counts
        ],
        "failed": failed.order_by("-updated_at")[:SHOWN],
        "running": [
            progress_of(run)
            for run in under_way.select_related("job")
            .defer("job__secrets", "checkpoint")
            .order_by("-started_at")[:SHOWN]
        ],
    }


SECTION = HomeSection(
    key="jobs",
    title="Jobs",
    order=40,
    template="admin/jobs/home.html",
    context=context,
)
