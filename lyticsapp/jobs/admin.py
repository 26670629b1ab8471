"""Jobs: what people have set up to run, and the state it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account, Role
from lyticsapp.face import current, home
from lyticsapp.face.declared import Deletion, ObjectPage, Question
from lyticsapp.face.errors import refused_at
from lyticsapp.face.filters import AccountRelatedFilter
from lyticsapp.face.model_admin import AccountModelAdmin, actor
from lyticsapp.jobs import bulk, choices_view, columns, control, edit_page
from lyticsapp.jobs.errors import JobError
from lyticsapp.jobs.list_filters import (
    DirectionFilter,
    ProviderFilter,
    StateFilter,
    TypeFilter,
)
from lyticsapp.jobs.models import Job, JobLog, JobRun, JobState
from lyticsapp.jobs.wizard import Wizard

RUNS_SHOWN = 20
LOGS_SHOWN = 50


def _in(*states: JobState) -> Callable[[Job], bool]:
    """Whether a job is in one of the states."""
    return lambda job: job.state in states


@admin.register(Job)
class JobAdmin(AccountModelAdmin):
    """Everything that moves data: set up, watched, steered."""

    menu_group = "Data"
    menu_icon = "work"
    menu_order = 10
    add_label = "New job"
    intro = "Everything that moves data: imports, exports and triggers."
    empty_title = "No jobs yet"
    empty_text = "A job imports data, exports it, or tells of users who enter or leave."

    list_display = [
        "label",
        "authorization",
        columns.provider,
        columns.type_of_job,
        columns.status,
        columns.created,
        columns.last_run,
        columns.next_run,
    ]
    list_filter = [
        StateFilter,
        ProviderFilter,
        TypeFilter,
        ("authorization", AccountRelatedFilter),
        DirectionFilter,
    ]
    search_fields = ["label", "public_id"]
    search_help_text = "Label or id"
    ordering = ["-created_at", "-pk"]
    actions = ["pause_chosen", "resume_chosen"]
    change_form_template = "admin/jobs/job.html"
    object_pages = (
        ObjectPage(
            path="edit", view="edit_view", label="Edit", icon="edit", role=Role.EDITOR
        ),
        ObjectPage(
            path="run_now",
            view="run_now_view",
            label="Run now",
            icon="play_circle",
            role=Role.EDITOR,
            shown=_in(JobState.SLEEPING),
        ),
        ObjectPage(
            path="pause",
            view="pause_view",
            label="Pause",
            icon="pause",
            role=Role.EDITOR,
            shown=_in(JobState.INITIALIZING, JobState.RUNNING, JobState.SLEEPING),
        ),
        ObjectPage(
            path="resume",
            view="resume_view",
            label="Resume",
            icon="play_arrow",
            role=Role.EDITOR,
            shown=_in(JobState.PAUSED),
        ),
        ObjectPage(
            path="restart",
            view="restart_view",
            label="Restart",
            icon="restart_alt",
            role=Role.EDITOR,
            shown=_in(JobState.FAILED),
        ),
    )

    def rows_of(self, account: Account) -> QuerySet[Any]:
        """All but the deleted ones; a page shows no secret, and reads none."""
        return (
            super()
            .rows_of(account)
            .exclude(state=JobState.DELETED)
            .select_related("authorization", "created_by")
            .defer("secrets", "authorization__secrets")
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with the last runs of the jobs that it shows."""
        changelist = super().get_changelist_instance(request)
        account = current.account(request)
        changelist.result_list = columns.with_last_runs(account, changelist.result_list)
        return changelist

    def get_urls(self) -> list[URLPattern]:
        choices = path(
            "choices/<slug:key>/<slug:name>/",
            self.admin_site.admin_view(self.choices_view),
            name="jobs_job_choices",
        )
        return [*Wizard(self).urls(), choices, *super().get_urls()]

    @method_decorator(require_POST)
    def choices_view(self, request: HttpRequest, key: str, name: str) -> HttpResponse:
        """The values that a field can have."""
        return choices_view.respond(self, request, key, name)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The main page of a job only shows; `edit` is the form."""
        return False

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Who may pause jobs and resume them."""
        return self.allows(request, Role.EDITOR)

    @admin.action(description="Pause", permissions=["steer"])
    def pause_chosen(self, request: HttpRequest, jobs: QuerySet[Job]) -> Any:
        return bulk.respond(self, request, jobs, bulk.PAUSE)

    @admin.action(description="Resume", permissions=["steer"])
    def resume_chosen(self, request: HttpRequest, jobs: QuerySet[Job]) -> Any:
        return bulk.respond(self, request, jobs, bulk.RESUME)

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """The newest runs and log lines."""
        runs = JobRun.objects.for_account(obj.account_id).filter(job=obj)
        logs = JobLog.objects.for_account(obj.account_id).filter(job=obj)
        return {
            "runs": runs.order_by("-started_at")[:RUNS_SHOWN],
            "logs": logs.order_by("-at")[:LOGS_SHOWN],
        }

    def edit_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Change how the job is set up."""
        return edit_page.respond(self, request, obj)

    def pause_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Stop for now, after asking."""
        text = "It stops at its next step, and goes on from there when you resume it."
        return self._steer(request, obj, "Pause", text, control.pause, "Paused.")

    def resume_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Go on after a pause, after asking."""
        text = "It goes on where it was paused."
        return self._steer(request, obj, "Resume", text, control.resume, "Resumed.")

    def restart_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Go on after a failure, after asking."""
        text = f"It failed: {obj.state_reason} It goes on where it failed."
        return self._steer(request, obj, "Restart", text, control.restart, "Restarted.")

    def run_now_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Begin the next run at once, after asking."""
        text = "The next run begins at once, and the schedule goes on from there."
        return self._steer(request, obj, "Run now", text, control.run_now, "It runs.")

    def _steer(
        self,
        request: HttpRequest,
        job: Job,
        verb: str,
        text: str,
        act: Callable[[Job, Actor], None],
        done: str,
    ) -> HttpResponse:
        def steer() -> str:
            with refused_at(JobError):
                act(job, actor(request))
            return done

        question = Question(title=f"{verb}: “{job}”?", text=text, button=verb)
        return self.ask(request, job, question, steer)

    def deletion(self, obj: Any) -> Deletion:
        return Deletion(["It stops at once and for good.", "Its runs and log go, too."])

    def delete_model(self, request: HttpRequest, obj: Job) -> None:
        """Stop it for good."""
        with refused_at(JobError):
            control.delete(obj, actor(request))


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
