"""Jobs: what people have set up to run, and the state it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from lyticsapp.accounts.models import Account, Role
from lyticsapp.authorizations.models import Authorization
from lyticsapp.face import current, home
from lyticsapp.face.declared import Deletion, ObjectPage
from lyticsapp.face.errors import refused_at
from lyticsapp.face.filters import AccountRelatedFilter
from lyticsapp.face.model_admin import AccountModelAdmin, actor
from lyticsapp.jobs import (
    bulk,
    choices_view,
    columns,
    control,
    edit_page,
    figures,
    home_section,
    job_page,
    log_page,
    outlook_view,
    steer_page,
    test_page,
)
from lyticsapp.jobs.errors import JobError
from lyticsapp.jobs.list_filters import (
    DirectionFilter,
    ProviderFilter,
    StateFilter,
    TypeFilter,
)
from lyticsapp.jobs.models import Job, JobState
from lyticsapp.jobs.wizard import Wizard

RUNS_PER_PAGE = 50
CHART_HOURS = 24


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
    list_before_template = "admin/jobs/charts_place.html"
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
        ObjectPage(
            path="test",
            view="test_view",
            label="Test",
            icon="network_check",
            role=Role.EDITOR,
            shown=test_page.is_offered,
        ),
        ObjectPage(path="log", view="log_view", label="Log", icon="article"),
        ObjectPage(path="runs", view="runs_view", label="Runs", in_header=False),
        ObjectPage(path="live", view="live_view", label="State", in_header=False),
        ObjectPage(
            path="cancel",
            view="cancel_view",
            label="Cancel the run",
            role=Role.EDITOR,
            in_header=False,
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
        outlook = path(
            "outlook/<slug:key>/<slug:name>/",
            self.admin_site.admin_view(self.outlook_view),
            name="jobs_job_outlook",
        )
        charts = path(
            "charts/",
            self.admin_site.admin_view(self.charts_view),
            name="jobs_job_charts",
        )
        return [*Wizard(self).urls(), choices, outlook, charts, *super().get_urls()]

    def charts_view(self, request: HttpRequest) -> HttpResponse:
        """What all jobs of the account have read, and what failed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        hours = figures.newest_hours_of_all(current.account(request), CHART_HOURS)
        return render(
            request, "admin/jobs/charts.html", {"charts": job_page.charts(hours)}
        )

    @method_decorator(require_POST)
    def choices_view(self, request: HttpRequest, key: str, name: str) -> HttpResponse:
        """The values that a field can have."""
        return choices_view.respond(self, request, key, name)

    @method_decorator(require_POST)
    def outlook_view(self, request: HttpRequest, key: str, name: str) -> HttpResponse:
        """What ticking a box will come to."""
        return outlook_view.respond(self, request, key, name)

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
        """What the job is, how it stands and how it has run."""
        return {
            **job_page.about(obj),
            **self._live(request, obj),
            "authorization_url": self._authorization_url(request, obj),
        }

    def live_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """How it stands, for a page that stays open; all of it in another state."""
        if request.GET.get("state") != obj.state:
            return HttpResponseClientRefresh()
        return render(request, "admin/jobs/live.html", self._live(request, obj))

    def _live(self, request: HttpRequest, job: Job) -> dict[str, Any]:
        return {
            **job_page.live(job),
            "may_steer": self.has_steer_permission(request),
            "live_url": f"{self.page_url('live', job)}?state={job.state}",
            "log_url": self.page_url("log", job),
            "runs_url": self.page_url("runs", job),
            "cancel_url": self.page_url("cancel", job),
        }

    def _authorization_url(self, request: HttpRequest, job: Job) -> str:
        """The page of its authorization, for those who may see it."""
        pages = self.admin_site.get_model_admin(Authorization)
        if job.authorization is None or not pages.has_view_permission(request):
            return ""
        return reverse(
            "admin:authorizations_authorization_change", args=[job.authorization.pk]
        )

    def log_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Its log, by level."""
        return log_page.respond(self, request, obj)

    def runs_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """All of its runs."""
        pages = Paginator(job_page.runs_of(obj), RUNS_PER_PAGE)
        page = pages.get_page(request.GET.get("p"))
        return self.object_page(
            request,
            obj,
            title="Runs",
            template="admin/jobs/runs_page.html",
            context={"page": page, "log_url": self.page_url("log", obj)},
        )

    def test_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Whether it can do what it has to."""
        return test_page.respond(self, request, obj)

    def edit_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Change how the job is set up."""
        return edit_page.respond(self, request, obj)

    def pause_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Stop for now, after asking."""
        return steer_page.respond(self, request, obj, steer_page.PAUSE)

    def resume_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Go on after a pause, after asking; what it drives may ask for more."""
        driven = job_page.driven(obj)
        if driven is not None and driven.resume_url:
            return HttpResponseRedirect(driven.resume_url)
        return steer_page.respond(self, request, obj, steer_page.RESUME)

    def restart_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Go on after a failure, after asking."""
        return steer_page.respond(self, request, obj, steer_page.RESTART)

    def run_now_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """Begin the next run at once, after asking."""
        return steer_page.respond(self, request, obj, steer_page.RUN_NOW)

    def cancel_view(self, request: HttpRequest, obj: Job) -> HttpResponse:
        """End the run that is under way, after asking."""
        return steer_page.respond(self, request, obj, steer_page.CANCEL)

    def deletion(self, obj: Any) -> Deletion:
        """It stops; and what becomes of that which it drives."""
        driven = job_page.driven(obj)
        own = ["A run that is under way ends at its next step.", "Its runs and log go."]
        return Deletion(["It stops for good.", *(driven.deletion if driven else own)])

    def delete_model(self, request: HttpRequest, obj: Job) -> None:
        """Stop it for good."""
        with refused_at(JobError):
            control.delete(obj, actor(request))


home.register(home_section.SECTION)
