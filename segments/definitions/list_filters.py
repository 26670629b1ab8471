"""What the list of segments can be narrowed to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Func
from django.http import HttpRequest

from lyticsapp.face import current
from segments.definitions.models import Segment

TAGS_OFFERED = 200
RECOMPUTING, UP_TO_DATE = "recomputing", "up-to-date"


class StateFilter(admin.SimpleListFilter):
    """Those that are being recomputed, or those that are not."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(RECOMPUTING, "Recomputing"), (UP_TO_DATE, "Up to date")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in (RECOMPUTING, UP_TO_DATE):
            return queryset
        return queryset.filter(recompute__isnull=self.value() == UP_TO_DATE)


class KindFilter(admin.SimpleListFilter):
    """Those of a kind, of the kinds that there are."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        segments = Segment.objects.for_account(current.account(request))
        kinds = segments.order_by("kind").values_list("kind", flat=True).distinct()
        return [(kind, kind.capitalize()) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        return queryset if chosen is None else queryset.filter(kind=chosen)


class TagFilter(admin.SimpleListFilter):
    """Those with a tag, of the tags that there are."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        segments = Segment.objects.for_account(current.account(request))
        tags = segments.annotate(tag=Func("tags", function="unnest"))
        offered = tags.order_by("tag").values_list("tag", flat=True).distinct()
        return [(tag, tag) for tag in offered[:TAGS_OFFERED]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        return queryset if chosen is None else queryset.filter(tags__contains=[chosen])
