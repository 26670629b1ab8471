"""Finds the values that a field of a job can have, while somebody looks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.models import Authorization
from lyticsapp.face import current
from lyticsapp.jobs import workflow
from lyticsapp.jobs.errors import ChoicesError, UnknownWorkflowError
from lyticsapp.jobs.forms import PREFIX
from lyticsapp.jobs.workflow import Field, Setup

if TYPE_CHECKING:
    from lyticsapp.jobs.admin import JobAdmin

CACHED_S = 15
LONGEST_SEARCH = 500


def respond(page: JobAdmin, request: HttpRequest, key: str, name: str) -> HttpResponse:
    """A page of values as JSON: `{"choices": [{"value", "label"}], "next", "error"}`.

    Posted are `search`, `start`, the id of the `authorization`, and the values of the
    fields that the choice comes after.
    """
    if not page.has_add_permission(request):
        raise PermissionDenied
    field = field_with("source", key, name)
    asked = request.POST
    account = current.account(request)
    setup = Setup(
        account,
        authorization_of(account, asked.get("authorization", "")),
        {each: asked.get(PREFIX + each, "") for each in field.source_after},
    )
    search = asked.get("search", "")[:LONGEST_SEARCH].strip()
    start = asked.get("start", "")[:LONGEST_SEARCH]
    place = _place(key, name, setup, search, start)
    found: Mapping[str, Any] | None = cache.get(place)
    if found is None:
        found = _found(field, setup, search, start)
        if found["choices"]:  # what is not there yet may be in a moment
            cache.set(place, found, CACHED_S)
    return JsonResponse(found)


def _found(field: Field, setup: Setup, search: str, start: str) -> dict[str, Any]:
    assert field.source is not None
    try:
        page = field.source(setup, search, start)
    except ChoicesError as error:
        return {"choices": [], "next": "", "error": str(error)}
    choices = [{"value": each.value, "label": each.label} for each in page.choices]
    return {"choices": choices, "next": page.next, "error": ""}


def field_with(part: str, key: str, name: str) -> Field:
    """The field of a workflow, where it declares this part; raises Http404."""
    try:
        kind = workflow.get(key)
    except UnknownWorkflowError as error:
        raise Http404 from error
    for field in kind.fields:
        if field.name == name and getattr(field, part) is not None:
            return field
    raise Http404


def authorization_of(account: Account, public_id: str) -> Authorization | None:
    """The authorization of this id; None where there is none."""
    rows = Authorization.objects.for_account(account)
    found: Authorization | None = rows.filter(public_id=public_id).first()
    return found


def _place(key: str, name: str, setup: Setup, search: str, start: str) -> str:
    """Where these choices are kept: changed credentials find them anew."""
    with_whom = setup.authorization
    told = orjson.dumps(
        [
            key,
            name,
            setup.account.pk,
            [with_whom.pk, with_whom.updated_at] if with_whom else None,
            setup.config,
            search,
            start,
        ],
        option=orjson.OPT_SORT_KEYS,
    )
    return f"choices-{hashlib.sha256(told).hexdigest()}"
