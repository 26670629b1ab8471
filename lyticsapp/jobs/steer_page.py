"""The pages that ask before a job is paused, resumed, restarted, run or cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse

from lyticsapp.accounts.audit import Actor
from lyticsapp.face.declared import Question
from lyticsapp.face.errors import refused_at
from lyticsapp.face.model_admin import actor
from lyticsapp.jobs import control
from lyticsapp.jobs.errors import JobError
from lyticsapp.jobs.models import Job

if TYPE_CHECKING:
    from lyticsapp.jobs.admin import JobAdmin


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something people do with a job."""

    verb: str
    text: str
    act: Callable[[Job, Actor], None]
    done: str


PAUSE = Command(
    verb="Pause",
    text="It stops at its next step, and goes on from there when you resume it.",
    act=control.pause,
    done="Paused.",
)
RESUME = Command(
    verb="Resume",
    text="It goes on where it was paused.",
    act=control.resume,
    done="Resumed.",
)
RESTART = Command(
    verb="Restart",
    text="It goes on where it failed.",
    act=control.restart,
    done="Restarted.",
)
RUN_NOW = Command(
    verb="Run now",
    text="The next run begins at once, and the schedule goes on from there.",
    act=control.run_now,
    done="It runs.",
)
CANCEL = Command(
    verb="Cancel the run",
    text="The run ends at its next step and is not gone on with. What it has done "
    "stays. The job goes on with its next run, where it has one.",
    act=control.cancel,
    done="The run is being cancelled.",
)


def respond(
    page: JobAdmin, request: HttpRequest, job: Job, command: Command
) -> HttpResponse:
    """Ask; once confirmed, do it."""

    def steer() -> str:
        with refused_at(JobError):
            command.act(job, actor(request))
        return command.done

    failed = f"It failed: {job.state_reason} " if command is RESTART else ""
    question = Question(
        title=f"{command.verb}: “{job}”?",
        text=failed + command.text,
        button=command.verb,
    )
    return page.ask(request, job, question, steer)
