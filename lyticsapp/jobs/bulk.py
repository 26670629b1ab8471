"""Pausing and resuming the jobs that were chosen in the list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from lyticsapp.accounts.audit import Actor
from lyticsapp.face.model_admin import actor
from lyticsapp.jobs import control
from lyticsapp.jobs.errors import JobError
from lyticsapp.jobs.models import Job

if TYPE_CHECKING:
    from lyticsapp.jobs.admin import JobAdmin

AT_MOST = 100
"""Each is steered by itself, and somebody waits for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """Something done to many jobs at once."""

    action: str
    verb: str
    done: str
    text: str
    act: Callable[[Job, Actor], None]


@dataclass(slots=True)
class Report:
    """What came of it."""

    done: int = 0
    refused: list[tuple[Job, str]] = field(default_factory=list)


PAUSE = Bulk(
    action="pause_chosen",
    verb="Pause",
    done="paused",
    text="Each stops at its next step, and goes on from there when you resume it.",
    act=control.pause,
)
RESUME = Bulk(
    action="resume_chosen",
    verb="Resume",
    done="resumed",
    text="Each goes on where it was paused.",
    act=control.resume,
)


def respond(
    page: JobAdmin, request: HttpRequest, jobs: QuerySet[Job], bulk: Bulk
) -> HttpResponse | None:
    """Ask; once confirmed, do it, tell what was done, and go back to the list."""
    chosen = list(jobs[: AT_MOST + 1])
    if len(chosen) > AT_MOST:
        messages.error(request, f"Choose at most {AT_MOST} jobs at once.")
    elif "confirmed" not in request.POST:
        return _ask(page, request, chosen, bulk)
    else:
        _tell(request, bulk, steer(chosen, bulk.act, actor(request)))
    return None


def steer(jobs: Iterable[Job], act: Callable[[Job, Actor], None], by: Actor) -> Report:
    """Do it to one job after the other; what one refuses holds up no other."""
    report = Report()
    for job in jobs:
        try:
            act(job, by)
        except JobError as refused:
            report.refused.append((job, str(refused)))
        else:
            report.done += 1
    return report


def _ask(
    page: JobAdmin, request: HttpRequest, jobs: Sequence[Job], bulk: Bulk
) -> HttpResponse:
    return TemplateResponse(
        request,
        "admin/jobs/bulk.html",
        {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "title": f"{bulk.verb} {_counted(len(jobs))}?",
            "bulk": bulk,
            "jobs": jobs,
            "checkbox": ACTION_CHECKBOX_NAME,
            "back_url": request.get_full_path(),
        },
    )


def _tell(request: HttpRequest, bulk: Bulk, report: Report) -> None:
    if report.done:
        messages.success(request, f"{_counted(report.done)} {bulk.done}.")
    for job, reason in report.refused:
        messages.error(request, f"“{job}” was not {bulk.done}: {reason}")


def _counted(number: int) -> str:
    return "1 job" if number == 1 else f"{number} jobs"
