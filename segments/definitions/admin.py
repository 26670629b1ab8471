"""The page of a segment's definition: its form, its recompute, who uses it.

`segments.membership.admin` registers it, with the members it can show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from lyticsapp.face.declared import Deletion
from lyticsapp.face.errors import refused_at
from lyticsapp.face.forms import AccountForm
from lyticsapp.face.model_admin import AccountModelAdmin, actor
from lyticsapp.face.shown import clipped_code
from segments.definitions import draft as drafts
from segments.definitions import lookup
from segments.definitions.delete import delete
from segments.definitions.dependencies import Dependant, dependants_of
from segments.definitions.draft import Draft
from segments.definitions.editor import views as editor
from segments.definitions.editor.widget import FilterWidget
from segments.definitions.errors import (
    DefinitionError,
    InvalidSegmentQLError,
)
from segments.definitions.list_filters import KindFilter, StateFilter, TagFilter
from segments.definitions.models import Segment
from segments.definitions.progress import progress_of
from segments.definitions.statement import read
from segments.definitions.update import update
from segments.definitions.upsert import upsert
from segments.filterql import FilterQLError


class SegmentForm(AccountForm):
    """What a segment is called, and who is in it."""

    name = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget)
    slug = forms.CharField(
        required=False,
        label="Slug",
        widget=UnfoldAdminTextInputWidget,
        help_text="The name that programs use. Made from the name if empty.",
    )
    tags = SimpleArrayField(
        forms.CharField(max_length=50),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Separated by commas.",
    )
    filterql = forms.CharField(
        label="Filter",
        strip=False,
        widget=FilterWidget,
        error_messages={"required": "Say who is in the segment: add a condition."},
    )

    class Meta:
        model = Segment
        fields = ["name", "slug", "description", "filterql", "tags", "is_public"]
        labels = {"is_public": "Public"}
        help_texts = {
            "is_public": "Also tell browsers, which cannot keep a token secret, "
            "whether a user is in it."
        }
        widgets = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "filterql" not in self.fields:
            return
        self.fields["filterql"].widget.segment_pk = self.instance.pk

    def clean_filterql(self) -> str:
        """Refuse what cannot be read, with the place and a caret under it."""
        text: str = self.cleaned_data["filterql"].replace("\r\n", "\n")
        try:
            read(text)
        except InvalidSegmentQLError as error:
            raise forms.ValidationError(_told(error)) from error
        return text

    def clean(self) -> dict[str, Any]:
        """Make the draft that is to be saved."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "filterql" not in values:
            return values
        try:
            self.draft = _draft(values)
            self._check_key()
        except DefinitionError as error:
            self.add_error(None, str(error))
        return values

    def _check_key(self) -> None:
        """Refuse a new segment without a name, or with one that is taken."""
        if self.instance.pk is not None:
            return
        if not (self.draft.slug or self.draft.name):
            self.add_error("name", "Give the segment a name.")
        elif lookup.find(self.account, self.draft.key):
            self.add_error(
                "slug",
                f"Another segment has the slug “{self.draft.key}”. Enter another slug.",
            )


def _told(error: Exception) -> str:
    """What is wrong with a filter, with the line and a caret under the place."""
    cause = error.__cause__
    if not isinstance(cause, FilterQLError):
        return str(error)
    return format_html('<span class="f-caret">{}</span>', cause.pretty())


def _linked(dependant: Dependant) -> str:
    """What depends on a segment, as a link to its page."""
    return format_html(
        '{} <a class="f-link" href="{}">{}</a>',
        dependant.kind.capitalize(),
        dependant.url,
        dependant.label,
    )


def _draft(values: Mapping[str, Any]) -> Draft:
    return drafts.from_values(
        segment_ql=values["filterql"],
        slug=values.get("slug") or None,
        name=values.get("name") or None,
        description=values.get("description"),
        tags=values.get("tags") or [],
        is_public=values.get("is_public"),
    )


class DefinitionAdmin(AccountModelAdmin):
    """Segments and their definitions."""

    form = SegmentForm
    menu_group = "Audiences"
    menu_icon = "groups"
    menu_order = 10
    add_label = "New segment"
    empty_title = "No segments yet"
    empty_text = (
        "A segment is a set of users described in FilterQL. Create one, and "
        "subscribe to it to hear who enters and who leaves."
    )

    list_display = ["name", "slug", "filter_shown", "updated_at"]
    list_filter = [StateFilter, KindFilter, TagFilter]
    search_fields = ["name", "slug", "filterql", "public_id"]
    search_help_text = "Name, slug, id or FilterQL"
    ordering = ["name", "pk"]
    change_form_outer_after_template = "admin/definitions/segment.html"
    add_fieldsets = (
        (None, {"fields": ["name", "filterql", "slug", "description", "tags"]}),
    )
    fieldsets = (
        (
            None,
            {
                "fields": [
                    "name",
                    "filterql",
                    "slug",
                    "description",
                    "tags",
                    "is_public",
                ]
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        return [*editor.urls(self), *super().get_urls()]

    @admin.display(description="FilterQL", ordering="filterql")
    def filter_shown(self, segment: Segment) -> str:
        return clipped_code(segment.filterql)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("recompute", "created_by")

    def object_context(self, request: HttpRequest, obj: Any) -> Mapping[str, Any]:
        """The recompute under way, and who uses the segment."""
        walk = progress_of([obj]).get(obj.pk)
        return {"recompute": walk, "dependants": dependants_of(obj)}

    def is_silent(self, request: HttpRequest, segment: Segment, draft: Draft) -> bool:
        """Whether users whom an edit moves are not told of."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Segment, form: Any, change: bool
    ) -> None:
        """Create or change the segment, under the definition lock."""
        with (
            refused_at(DefinitionError),
            refused_at(InvalidSegmentQLError, field="filterql", told=_told),
        ):
            if change:
                silent = self.is_silent(request, obj, form.draft)
                update(obj, form.draft, actor(request), silent=silent)
            else:
                created, _ = upsert(obj.account, form.draft, actor(request))
                obj.pk, obj.name = created.pk, created.name

    def deletion(self, obj: Any) -> Deletion:
        return Deletion(
            consequences=[
                "Its versions and the record of who was in it go, too.",
                "Nobody is told that its users leave.",
            ],
            obstacles=[_linked(each) for each in dependants_of(obj)],
        )

    def delete_model(self, request: HttpRequest, obj: Segment) -> None:
        """Delete the segment, unless something depends on it."""
        with refused_at(DefinitionError):
            delete(obj, actor(request))
