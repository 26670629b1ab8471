"""The page with the log of a job, by level and by run, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from lyticsapp.jobs.models import Job, JobLog, LogLevel

if TYPE_CHECKING:
    from lyticsapp.jobs.admin import JobAdmin

LINES_PER_PAGE = 50
LEVELS = {
    "": ("All levels", tuple(LogLevel)),
    "warning": ("Warnings and errors", (LogLevel.WARNING, LogLevel.ERROR)),
    "error": ("Errors", (LogLevel.ERROR,)),
}


def respond(page: JobAdmin, request: HttpRequest, job: Job) -> HttpResponse:
    """The lines that are asked for, the newest first."""
    level = request.GET.get("level", "")
    level = level if level in LEVELS else ""
    run, before = _key(request, "run"), _key(request, "before")
    lines = list(lines_of(job, level, run=run, before=before)[: LINES_PER_PAGE + 1])
    shown = lines[:LINES_PER_PAGE]
    context = {
        "lines": shown,
        "older": shown[-1].pk if len(lines) > LINES_PER_PAGE else None,
        "is_newest": before is None,
        "run": run,
        "level": level,
        "levels": [(key, label) for key, (label, _) in LEVELS.items()],
    }
    return page.object_page(
        request, job, title="Log", template="admin/jobs/log.html", context=context
    )


def lines_of(
    job: Job, level: str, *, run: int | None, before: int | None
) -> QuerySet[Any]:
    """The lines of these levels, of one run or any, that are older than a line."""
    all_lines = JobLog.objects.for_account(job.account_id).filter(job=job)
    found = all_lines.filter(level__in=LEVELS[level][1])
    if run is not None:
        found = found.filter(run=run)
    last = all_lines.filter(pk=before).first() if before is not None else None
    if last is not None:
        found = found.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    return found.order_by("-at", "-pk")


def _key(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else None
