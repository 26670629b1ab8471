"""Segments with their members, and profiles with their segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern

from lyticsapp.accounts.models import Role
from lyticsapp.face import current, home
from lyticsapp.face.declared import ObjectPage
from lyticsapp.face.model_admin import ReadOnly
from lyticsapp.face.shown import badge
from segments.definitions.admin import DefinitionAdmin
from segments.definitions.draft import Draft
from segments.definitions.models import Segment
from segments.definitions.progress import progress_of
from segments.membership import (
    edit_page,
    editor_preview,
    explain_page,
    listing,
    size_alert_page,
    size_chart,
    versions_page,
)
from segments.membership.edit_page import AnswerNeededError
from segments.membership.size import size_of, sizes_of
from segments.membership.size_chart import DEFAULT_SPAN, SPANS
from segments.membership.size_history import size_history
from segments.profiles.fields import cast
from segments.profiles.instants import instant
from segments.profiles.models import Field, FieldType, Profile

MEMBERS_PER_PAGE = 50
SHOWN_AT_HOME = 5


@admin.register(Segment)
class SegmentAdmin(DefinitionAdmin):
    """Segments: their definitions and who is in them."""

    list_display = ["name", "slug", "size", "filter_shown", "state", "updated_at"]
    object_pages = (
        ObjectPage(path="members", view="members_view", label="Members", icon="group"),
        ObjectPage(path="explain", view="explain_view", label="Why", icon="rule"),
        ObjectPage(
            path="size-alert",
            view="size_alert_view",
            label="Size alert",
            icon="notifications",
            role=Role.EDITOR,
        ),
        ObjectPage(
            path="versions", view="versions_view", label="Versions", icon="difference"
        ),
        ObjectPage(
            path="progress", view="progress_view", label="Progress", in_header=False
        ),
        ObjectPage(path="size", view="size_view", label="Size", in_header=False),
    )

    def get_urls(self) -> list[URLPattern]:
        return [editor_preview.url(self), *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with sizes and recomputes of the segments that it shows."""
        changelist = super().get_changelist_instance(request)
        segments = list(changelist.result_list)
        sizes = sizes_of(segments)
        walks = progress_of(segments)
        for segment in segments:
            segment.size, segment.progress = sizes[segment.pk], walks.get(segment.pk)
        changelist.result_list = segments
        return changelist

    @admin.display(description="users")
    def size(self, segment: Any) -> str:
        return f"{segment.size:,}"

    @admin.display(description="state")
    def state(self, segment: Any) -> str:
        if segment.progress is None:
            return badge("Up to date", "good")
        context = {"recompute": segment.progress}
        return render_to_string("admin/membership/state.html", context)

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """Add the size, and where the progress is asked for."""
        return {
            **super().object_context(request, obj),
            "progress_url": self.page_url("progress", obj),
            "members_url": self.page_url("members", obj),
            "size_url": self.page_url("size", obj),
        }

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; a question instead, where an edit needs its answer first."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except AnswerNeededError as needed:
            return edit_page.ask(self, request, needed)

    def is_silent(self, request: HttpRequest, segment: Segment, draft: Draft) -> bool:
        """Whether users whom an edit moves are not told of; asked before it is made."""
        return edit_page.is_silent(request, segment, draft)

    def members_view(self, request: HttpRequest, obj: Segment) -> HttpResponse:
        """Who is in the segment now."""
        query = request.GET.get("q", "").strip()
        after = request.GET.get("after", "")
        page = listing.members(
            obj,
            identity=query,
            after=int(after) if after.isdecimal() and len(after) < 19 else 0,
            limit=MEMBERS_PER_PAGE,
        )
        return self.object_page(
            request,
            obj,
            title="Members",
            template="admin/membership/members.html",
            context={"page": page, "query": query, "size": size_of(obj)},
        )

    def explain_view(self, request: HttpRequest, obj: Segment) -> HttpResponse:
        """Why a user is in the segment or not."""
        return explain_page.respond(self, request, obj)

    def size_alert_view(self, request: HttpRequest, obj: Segment) -> HttpResponse:
        """Between which sizes the segment is expected to stay."""
        return size_alert_page.respond(self, request, obj)

    def versions_view(self, request: HttpRequest, obj: Segment) -> HttpResponse:
        """What the segment was before, and the way back to it."""
        return versions_page.respond(self, request, obj)

    def size_view(self, request: HttpRequest, obj: Segment) -> HttpResponse:
        """The size over time, for the segment's page."""
        span = request.GET.get("span", "")
        span = span if span in SPANS else DEFAULT_SPAN
        hours = size_history(obj, hours=SPANS[span])
        context = {
            "chart": size_chart.draw(hours, span),
            "spans": list(size_chart.NAMES.items()),
            "size_url": self.page_url("size", obj),
        }
        return render(request, "admin/membership/size_chart.html", context)

    def progress_view(self, request: HttpRequest, obj: Segment) -> HttpResponse:
        """How far the recompute is, for a page that stays open."""
        context = {"recompute": progress_of([obj]).get(obj.pk)}
        return render(request, "admin/definitions/recompute.html", context)


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of a profile, with the time of the event its value came from."""

    name: str
    value: Any
    type: str
    at: datetime | None


@admin.register(Profile)
class ProfileAdmin(ReadOnly):
    """Users, found by their identities."""

    menu_group = "Audiences"
    menu_icon = "person_search"
    menu_order = 20
    intro = "Find a user by the exact value of an identity, such as an e-mail address."
    empty_title = "No profiles yet"
    empty_text = "A profile appears with the first event that carries an identity."
    nothing_found = (
        "No user has exactly this identity. Upper and lower case make a difference."
    )

    list_display = ["label", "identities_shown", "segment_count", "modified_at"]
    search_fields = ["pk"]
    search_help_text = "Identity, exactly as it came in"
    ordering = ["-pk"]
    sortable_by = ()
    change_form_template = "admin/membership/profile.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("identities")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Those with this identity, found by the index alone."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = listing.with_identity(current.account(request), term)
        return queryset.filter(pk__in=found.values("pk")), False

    @admin.display(description="profile")
    def label(self, profile: Profile) -> str:
        return label_of(profile)

    @admin.display(description="identities")
    def identities_shown(self, profile: Profile) -> str:
        return ", ".join(sorted(str(each) for each in profile.identities.all()))

    @admin.display(description="segments")
    def segment_count(self, profile: Profile) -> str:
        return str(len(profile.segment_ids))

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """The user's identities, segments and fields."""
        memberships = list(listing.history(obj))
        return {
            "object_title": label_of(obj),
            "identities": sorted(obj.identities.all(), key=str),
            "present": [each for each in memberships if each.left_at is None],
            "past": [each for each in memberships if each.left_at is not None],
            "field_rows": field_rows(obj),
        }


def label_of(profile: Profile) -> str:
    """The first of a profile's identities, by which people know it."""
    known = sorted((each.field, each.value) for each in profile.identities.all())
    return known[0][1] if known else f"Profile {profile.pk}"


def field_rows(profile: Profile) -> list[FieldRow]:
    """The fields of a profile by name, typed, with where each came from."""
    types = dict(
        Field.objects.for_account(profile.account_id).values_list("name", "type")
    )
    stamps = orjson.loads(bytes(profile.stamps))
    return [
        FieldRow(
            name=name,
            value=cast(value, FieldType(types[name])) if name in types else value,
            type=FieldType(types[name]).label if name in types else "",
            at=instant(stamps[name][0]) if name in stamps else None,
        )
        for name, value in sorted(profile.fields.items())
    ]


def _at_home(request: HttpRequest) -> dict[str, Any]:
    """The segments that were changed last: to find the largest, all were counted."""
    account = current.account(request)
    segments = Segment.objects.for_account(account)
    walked = segments.filter(recompute__isnull=False).order_by("recompute__started_at")
    walked = walked[:SHOWN_AT_HOME]
    under_way = progress_of(walked)
    newest = list(segments.order_by("-updated_at", "-pk")[:SHOWN_AT_HOME])
    sizes = sizes_of(newest)
    return {
        "walks": [
            (each, under_way[each.pk]) for each in walked if each.pk in under_way
        ],
        "newest": [(each, sizes[each.pk]) for each in newest],
        "total": segments.count(),
    }


def _has_segments(request: HttpRequest) -> bool:
    return Segment.objects.for_account(current.account(request)).exists()


home.register(
    home.HomeSection(
        key="segments",
        title="Segments",
        order=20,
        template="admin/membership/home.html",
        context=_at_home,
    )
)
home.register_first_step(
    home.FirstStep(
        order=20,
        title="Create a segment",
        template="admin/membership/first_segment.html",
        is_done=_has_segments,
    )
)
