"""Tells what ticking a box of a job's form will come to, while somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from lyticsapp.face import current
from lyticsapp.jobs.choices_view import authorization_of, field_with
from lyticsapp.jobs.forms import JobForm
from lyticsapp.jobs.workflow import Setup, get

if TYPE_CHECKING:
    from lyticsapp.jobs.admin import JobAdmin


def respond(page: JobAdmin, request: HttpRequest, key: str, name: str) -> HttpResponse:
    """A piece of HTML; an empty one where the box is not ticked.

    Posted are the id of the `authorization`, the box, and the fields of which the form
    has something to tell.
    """
    if not page.has_add_permission(request):
        raise PermissionDenied
    field = field_with("outlook", key, name)
    assert field.outlook is not None
    form = JobForm(get(key), request.POST)
    form.is_valid()  # what is missing or wrong is not told of while one types
    config = form.config()
    if not config.get(name):
        return HttpResponse("")
    account = current.account(request)
    authorization = authorization_of(account, request.POST.get("authorization", ""))
    return HttpResponse(field.outlook(Setup(account, authorization, config)))
