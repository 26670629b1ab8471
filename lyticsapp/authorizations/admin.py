"""Stored credentials: what there is, never what is secret in it."""

from __future__ import annotations

from django.contrib import admin

from lyticsapp.accounts.models import Role
from lyticsapp.authorizations.models import Authorization
from lyticsapp.face.model_admin import ReadOnly


@admin.register(Authorization)
class AuthorizationAdmin(ReadOnly):
    """Credentials at providers."""

    menu_group = "Account"
    menu_icon = "vpn_key"
    menu_order = 40
    view_role = Role.ADMIN
    intro = "Credentials with which jobs reach other systems. Their secrets are never shown."
    empty_title = "No authorizations yet"
    empty_text = "A webhook needs none: its headers belong to the subscription."

    list_display = ["label", "provider", "method", "tested_at", "updated_at"]
    list_filter = ["provider"]
    search_fields = ["label", "public_id"]
    search_help_text = "Label or id"
    ordering = ["label", "pk"]
    fields = [
        "label",
        "provider",
        "method",
        "description",
        "created_by",
        "created_at",
        "tested_at",
    ]
    readonly_fields = ["created_by", "created_at", "tested_at"]
