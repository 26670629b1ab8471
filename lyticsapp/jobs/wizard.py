"""The wizard that sets up a job: provider, job type, authorization, configuration.

Each step has an address of its own, so that going back and reloading keep it; what
was typed is kept by the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from lyticsapp.accounts.models import Account, Role
from lyticsapp.authorizations import lookup, provider
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.face import current
from lyticsapp.face.model_admin import actor
from lyticsapp.face.steps import Step, steps_context
from lyticsapp.jobs import control, workflow
from lyticsapp.jobs.errors import JobError, UnknownWorkflowError
from lyticsapp.jobs.forms import JobForm
from lyticsapp.jobs.workflow import Workflow

if TYPE_CHECKING:
    from lyticsapp.jobs.admin import JobAdmin

TITLES = ("Provider", "Job type", "Authorization", "Configuration")
NONE = "none"
"""In an address, in place of an authorization."""


class Wizard:
    """The pages of the wizard, for an admin that lists jobs."""

    def __init__(self, page: JobAdmin) -> None:
        self._page = page

    def urls(self) -> list[URLPattern]:
        """The addresses of the steps."""
        view = self._page.admin_site.admin_view
        return [
            path("add/", view(self.providers), name="jobs_job_add"),
            path("add/<slug:name>/", view(self.types), name="jobs_job_add_type"),
            path(
                "add/<slug:name>/<slug:key>/",
                view(self.authorizations),
                name="jobs_job_add_authorization",
            ),
            path(
                "add/<slug:name>/<slug:key>/<slug:chosen>/",
                view(self.configuration),
                name="jobs_job_add_configuration",
            ),
        ]

    def providers(self, request: HttpRequest) -> HttpResponse:
        """Which provider the data comes from or goes to."""
        offered = {each.provider for each in workflow.registry().values()}
        known = provider.registry().values()
        return self._answer(
            request,
            "providers",
            [Step("Provider")],
            {"providers": [each for each in known if each.key in offered]},
        )

    def types(self, request: HttpRequest, name: str) -> HttpResponse:
        """Which of the provider's job types it is."""
        at = _provider(name)
        kinds = [each for each in workflow.registry().values() if each.provider == name]
        return self._answer(
            request,
            "types",
            [_back("Provider", "add"), Step("Job type")],
            {"provider": at, "kinds": sorted(kinds, key=lambda each: each.title)},
        )

    def authorizations(self, request: HttpRequest, name: str, key: str) -> HttpResponse:
        """With which authorization, one there is or a new one."""
        at, kind = _provider(name), _workflow(name, key)
        here = reverse("admin:jobs_job_add_authorization", args=[name, key])
        if not kind.methods:
            return HttpResponseRedirect(f"{here}{NONE}/")
        found = lookup.usable(current.account(request), kind.provider, kind.methods)
        new = reverse("admin:authorizations_authorization_add_method", args=[name])
        return self._answer(
            request,
            "authorizations",
            [
                _back("Provider", "add"),
                _back("Job type", "add_type", name),
                Step("Authorization"),
            ],
            {
                "provider": at,
                "kind": kind,
                "authorizations": found,
                "none": f"{here}{NONE}/",
                "new": f"{new}?{urlencode({'next': here})}",
                "may_make_one": current.place(request).allows(Role.ADMIN),
            },
        )

    def configuration(
        self, request: HttpRequest, name: str, key: str, chosen: str
    ) -> HttpResponse:
        """What it is called and how it is set up; then it starts."""
        at, kind = _provider(name), _workflow(name, key)
        authorization = _chosen(current.account(request), kind, chosen)
        form = JobForm(kind, request.POST or None)
        if form.is_valid():
            made = self._start(request, form, authorization)
            if made is not None:
                return made
        return self._answer(
            request,
            "configuration",
            [
                _back("Provider", "add"),
                _back("Job type", "add_type", name),
                _back("Authorization", "add_authorization", name, key),
                Step("Configuration"),
            ],
            {
                "provider": at,
                "kind": kind,
                "authorization": authorization,
                "form": form,
                "media": self._page.media + form.media,
                "button": kind.direction.button,
            },
        )

    def _start(
        self, request: HttpRequest, form: JobForm, authorization: Authorization | None
    ) -> HttpResponse | None:
        wanted = form.wanted(authorization)
        try:
            job = control.create(current.account(request), wanted, actor(request))
        except InvalidSettingError as error:
            form.refuse(error.name, error.reason)
            return None
        except JobError as error:
            form.add_error(None, str(error))
            return None
        messages.success(request, f"“{job}” has started.")
        return HttpResponseRedirect(self._page.page_url("change", job))

    def _answer(
        self,
        request: HttpRequest,
        template: str,
        steps: Sequence[Step],
        context: dict[str, Any],
    ) -> HttpResponse:
        if not self._page.has_add_permission(request):
            raise PermissionDenied
        return TemplateResponse(
            request,
            f"admin/jobs/wizard/{template}.html",
            {
                **self._page.admin_site.each_context(request),
                "opts": self._page.opts,
                "title": "New job",
                **steps_context(steps, TITLES),
                **context,
            },
        )


def _back(title: str, step: str, *args: str) -> Step:
    return Step(title, reverse(f"admin:jobs_job_{step}", args=args))


def _provider(name: str) -> provider.Provider:
    found = provider.registry().get(name)
    if found is None:
        raise Http404
    return found


def _workflow(name: str, key: str) -> Workflow:
    try:
        kind = workflow.get(key)
    except UnknownWorkflowError as error:
        raise Http404 from error
    if kind.provider != name:
        raise Http404
    return kind


def _chosen(account: Account, kind: Workflow, chosen: str) -> Authorization | None:
    if chosen == NONE and (kind.without or not kind.methods):
        return None
    usable = lookup.usable(account, kind.provider, kind.methods)
    found = usable.filter(public_id=chosen).first()
    if found is None:
        raise Http404
    return found
