"""The *Test* button of a job: whether it can do what it has to, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse

from lyticsapp.authorizations import connection_test, provider
from lyticsapp.authorizations.encryption import DecryptionError
from lyticsapp.authorizations.step import Steps
from lyticsapp.declaration.settings import reveal
from lyticsapp.jobs import control, workflow
from lyticsapp.jobs.models import Job
from lyticsapp.jobs.workflow import Setup

if TYPE_CHECKING:
    from lyticsapp.jobs.admin import JobAdmin


def is_offered(job: Job) -> bool:
    """Whether there is anything to try."""
    kind = workflow.registry().get(job.workflow)
    return kind is not None and bool(kind.methods)


def test(job: Job) -> list[dict[str, Any]]:
    """Try what the job does, with its authorization; what came of each step."""
    try:
        stored = reveal(control.stored_of(job))
        setup = Setup(job.account, job.authorization, stored)
        return connection_test.tried(setup.credentials, _steps(setup, job.workflow))
    except DecryptionError as error:
        return connection_test.unreadable(error)


def respond(page: JobAdmin, request: HttpRequest, job: Job) -> HttpResponse:
    """A page with the button, and what came of the steps once it is pressed."""
    return page.object_page(
        request,
        job,
        title="Test",
        template="admin/jobs/test.html",
        context={
            "test_url": page.page_url("test", job),
            "tested": test(job) if request.method == "POST" else None,
            "steps": _titles(job),
        },
    )


def _titles(job: Job) -> list[str]:
    setup = Setup(job.account, job.authorization, job.config)
    return [step.title for step in _steps(setup, job.workflow)]


def _steps(setup: Setup, key: str) -> Steps:
    """Those of the authorization's method, then those of the job, each once."""
    method = setup.authorization and provider.method_of(setup.authorization)
    own = workflow.get(key).test_steps(setup)
    return list({s.key: s for s in (*(method.steps if method else ()), *own)}.values())
