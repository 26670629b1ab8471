"""The fields that profiles have, with types that people may choose; and how late
the clock is, on the home page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from lyticsapp.face import current, home
from lyticsapp.face.forms import AccountForm
from lyticsapp.face.model_admin import AccountModelAdmin, actor
from lyticsapp.face.shown import badge
from segments.pipeline import lateness
from segments.pipeline.schema import retype
from segments.profiles.models import Field, FieldType


class FieldForm(AccountForm):
    """The type of a field."""

    class Meta:
        model = Field
        fields = ["type"]
        help_texts = {
            "type": "Values stay stored as they came in: nothing is lost by another "
            "type. Segments that mention the field are computed again."
        }


@admin.register(Field)
class FieldAdmin(AccountModelAdmin):
    """Fields and their types."""

    form = FieldForm
    menu_group = "Audiences"
    menu_icon = "data_object"
    menu_order = 30
    intro = (
        "A field's type comes from its first values and widens when one does not fit. "
        "A type that you choose is pinned and stays."
    )
    empty_title = "No fields yet"
    empty_text = "Fields appear with the events that carry them."

    list_display = ["name", "type", "origin", "widened_at", "created_at"]
    list_filter = ["type", "pinned"]
    search_fields = ["name"]
    search_help_text = "Name"
    ordering = ["name"]
    fields = ["name", "type", "origin", "widened_at", "created_at"]
    readonly_fields = ["name", "origin", "widened_at", "created_at"]

    @admin.display(description="type came from")
    def origin(self, field: Field) -> str:
        if field.pinned:
            return badge("Chosen by a person", "info")
        if field.widened_from:
            return badge(
                f"Widened from {FieldType(field.widened_from).label.lower()}", "warn"
            )
        return badge("Its values")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Field, form: Any, change: bool
    ) -> None:
        """Give the field the chosen type, under the definition lock."""
        retype(obj, FieldType(obj.type), actor=actor(request))


def _time(request: HttpRequest) -> dict[str, Any]:
    return {
        "overdue": lateness.overdue(current.account(request)),
        "mean_s": lateness.mean_lateness_s(),
    }


home.register(
    home.HomeSection(
        key="time",
        title="Time-based changes",
        order=35,
        template="admin/pipeline/home.html",
        context=_time,
    )
)
