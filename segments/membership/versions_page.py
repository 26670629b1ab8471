"""The page of what a segment was before: who wrote it, when, and how it differed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from lyticsapp.face.errors import ChangeRefusedError, refused_at
from lyticsapp.face.model_admin import actor
from segments.definitions import draft as drafts
from segments.definitions.errors import DefinitionError
from segments.definitions.models import Segment, SegmentVersion
from segments.definitions.update import update
from segments.membership import edit_page
from segments.membership.edit_page import AnswerNeededError

if TYPE_CHECKING:
    from lyticsapp.face.model_admin import AccountModelAdmin

VERSIONS_PER_PAGE = 20
ADDED, REMOVED, KEPT = "added", "removed", "kept"
_KINDS = {"+": ADDED, "-": REMOVED, " ": KEPT}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a filter, and what became of it."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A version, and how it differs from the one before."""

    version: SegmentVersion
    lines: Sequence[Line]
    is_present: bool


def respond(
    page: AccountModelAdmin, request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Show the versions, or go back to one."""
    if request.method == "POST":
        return _go_back(page, request, segment)
    versions = SegmentVersion.objects.for_account(segment.account_id)
    newest_first = (
        versions.filter(segment=segment)
        .select_related("created_by")
        .order_by("-version")
    )
    shown = Paginator(newest_first, VERSIONS_PER_PAGE).get_page(request.GET.get("p"))
    return page.object_page(
        request,
        segment,
        title="Versions",
        template="admin/membership/versions.html",
        context={
            "page": shown,
            "versions": list(_shown(segment, list(shown))),
            "may_change": page.has_change_permission(request, segment),
        },
    )


def difference(before: str, after: str) -> list[Line]:
    """The lines of both filters, as they follow each other."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [Line(_KINDS[each[0]], each[2:]) for each in lines if each[0] in _KINDS]


def _shown(segment: Segment, versions: list[SegmentVersion]) -> Iterator[Shown]:
    known = {each.version: each.filterql for each in versions}
    if versions:
        older = SegmentVersion.objects.for_account(segment.account_id).filter(
            segment=segment, version=versions[-1].version - 1
        )
        known.update(older.values_list("version", "filterql"))
    for each in versions:
        before = known.get(each.version - 1, "")
        lines = difference(before, each.filterql)
        yield Shown(each, lines, each.version == segment.version)


def _go_back(
    page: AccountModelAdmin, request: HttpRequest, segment: Segment
) -> HttpResponse:
    if not page.has_change_permission(request, segment):
        raise Http404
    version = _version(segment, request.POST.get("version", ""))
    try:
        with refused_at(DefinitionError):
            draft = drafts.from_values(segment_ql=version.filterql, slug=segment.slug)
            silent = edit_page.is_silent(request, segment, draft)
            update(segment, draft, actor(request), silent=silent)
    except AnswerNeededError as needed:
        return edit_page.ask(page, request, needed)
    except ChangeRefusedError as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(request.path)
    messages.success(request, f"The segment is as it was in version {version.version}.")
    return HttpResponseRedirect(page.page_url("change", segment))


def _version(segment: Segment, number: str) -> SegmentVersion:
    versions = SegmentVersion.objects.for_account(segment.account_id)
    if not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise Http404
    found: SegmentVersion | None = versions.filter(
        segment=segment, version=int(number)
    ).first()
    if found is None:
        raise Http404
    return found
