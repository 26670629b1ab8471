"""The page that changes a job's label, description and configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.face.model_admin import actor
from lyticsapp.jobs import control, workflow
from lyticsapp.jobs.errors import JobError
from lyticsapp.jobs.forms import JobForm
from lyticsapp.jobs.models import Job

if TYPE_CHECKING:
    from lyticsapp.jobs.admin import JobAdmin


def respond(page: JobAdmin, request: HttpRequest, job: Job) -> HttpResponse:
    """Show the form of a job; save what it says."""
    kind = workflow.get(job.workflow)
    form = JobForm.of(kind, job, request.POST or None)
    if kind.methods:
        form.offer_authorizations(job)
    if form.is_valid() and _saved(request, form, job):
        messages.success(request, "Saved. A run that is under way goes on with it.")
        return HttpResponseRedirect(page.page_url("change", job))
    return page.object_page(
        request,
        job,
        title=f"Edit {job}",
        template="admin/jobs/edit.html",
        context={"form": form, "media": page.media + form.media},
    )


def _saved(request: HttpRequest, form: JobForm, job: Job) -> bool:
    wanted = form.wanted(form.chosen_authorization())
    version = form.cleaned_data["version"]
    try:
        control.edit(job, wanted, actor(request), version=version)
    except InvalidSettingError as error:
        form.refuse(error.name, error.reason)
    except JobError as error:
        form.add_error(None, str(error))
    else:
        return True
    return False
