"""The addresses at which the editor asks; each answers in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST

from lyticsapp.accounts.models import Account
from lyticsapp.face import current
from lyticsapp.face.model_admin import AccountModelAdmin
from segments.definitions.builder.text import model_of, text_of
from segments.definitions.builder.written import BuilderError
from segments.definitions.editor import completion, fields
from segments.definitions.editor.problems import problems
from segments.definitions.errors import InvalidSegmentQLError
from segments.definitions.models import Segment

View = Callable[[HttpRequest, Account], dict[str, Any]]


def urls(page: AccountModelAdmin) -> list[URLPattern]:
    """The editor's addresses, open to those who may change segments."""
    views = {
        "check": require_POST(answering(page, check)),
        "words": require_GET(answering(page, words)),
        "show": require_POST(answering(page, show)),
        "write": require_POST(answering(page, write)),
    }
    return [address(page, name, view) for name, view in views.items()]


def address(page: AccountModelAdmin, name: str, view: Callable[..., Any]) -> URLPattern:
    """One of the editor's addresses."""
    return path(
        f"editor/{name}/",
        page.admin_site.admin_view(view),
        name=page.page_name(f"editor_{name}"),
    )


def answering(
    page: AccountModelAdmin, answer: View
) -> Callable[[HttpRequest], JsonResponse]:
    """The view that gives an answer to those who may ask."""

    def view(request: HttpRequest) -> JsonResponse:
        if not page.allows(request, page.change_role):
            raise PermissionDenied
        return JsonResponse(answer(request, current.account(request)))

    return view


def check(request: HttpRequest, account: Account) -> dict[str, Any]:
    """What is wrong with a filter."""
    found = problems(
        account,
        text_in(request),
        slug=request.POST.get("slug", "").strip().lower(),
        pk=_segment_in(request.POST),
    )
    return {"problems": [asdict(each) for each in found]}


def words(request: HttpRequest, account: Account) -> dict[str, Any]:
    """What could be meant by a word."""
    typed, kind = request.GET.get("typed", ""), request.GET.get("kind", "")
    if kind == "segment":
        found = completion.segment_names(account, typed, _segment_in(request.GET))
    elif kind == "field":
        found = completion.field_names(account, typed)
    else:
        found = completion.words(account, typed)
    return {"words": [asdict(each) for each in found]}


def show(request: HttpRequest, account: Account) -> dict[str, Any]:
    """What the builder shows of a text, with the types of the fields it names."""
    try:
        model = model_of(text_in(request))
    except InvalidSegmentQLError:
        return {"model": None}
    rows = list(_rows(model))
    idents = {row["field"] for row in rows if row["kind"] == "condition"}
    slugs = {row["segment"] for row in rows if row["kind"] == "segment"}
    known = fields.described(account, idents)
    segments = Segment.objects.for_account(account).filter(
        Q(slug__in=slugs) | Q(public_id__in=slugs)
    )
    names = segments.values_list("slug", "public_id", "name")
    return {
        "model": model,
        "fields": {ident: asdict(field) for ident, field in known.items()},
        "segments": {
            key: name for slug, public_id, name in names for key in (slug, public_id)
        },
    }


def write(request: HttpRequest, account: Account) -> dict[str, Any]:
    """The text with the filter that the builder shows."""
    try:
        model = json.loads(request.POST.get("model", ""))
        return {"filterql": text_of(model, text_in(request))}
    except BuilderError as error:
        return {"problems": [asdict(each) for each in error.problems]}
    except (ValueError, RecursionError):
        return {"problems": [{"path": [], "message": "This cannot be read."}]}


def text_in(request: HttpRequest) -> str:
    """The filter that is asked about."""
    return request.POST.get("filterql", "").replace("\r\n", "\n")


def _segment_in(values: Mapping[str, Any]) -> int | None:
    given = str(values.get("segment", ""))
    return int(given) if given.isdecimal() and len(given) < 10 else None


def _rows(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if item["kind"] == "group":
        for each in item["items"]:
            yield from _rows(each)
    else:
        yield item
