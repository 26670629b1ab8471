"""The audit log: who changed what, when."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin

from lyticsapp.accounts.models import AuditEntry, Role
from lyticsapp.face.model_admin import ReadOnly


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly):
    """Who changed what, when."""

    menu_group = "Account"
    menu_icon = "history"
    menu_order = 50
    menu_title = "Audit log"
    view_role = Role.ADMIN
    empty_title = "No changes yet"
    empty_text = "Whatever a person or a token changes in this account appears here."

    list_display = ["when", "who", "action", "kind", "object_label"]
    list_select_related = ["user", "token"]
    list_filter = ["action", "object_type"]
    search_fields = ["object_label", "object_id", "user__email"]
    search_help_text = "Name, id or e-mail address"
    ordering = ["-at", "-pk"]
    change_form_template = "admin/accounts/audit_entry.html"

    @admin.display(description="when", ordering="at")
    def when(self, entry: AuditEntry) -> datetime:
        return entry.at

    @admin.display(description="what", ordering="object_type")
    def kind(self, entry: AuditEntry) -> str:
        return entry.object_type

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str:
        if entry.user is not None:
            return str(entry.user)
        return f"Token “{entry.token.name}”" if entry.token else "The product"
