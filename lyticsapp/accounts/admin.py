"""The account's own pages: tokens, people, invitations, audit log, settings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
)

from lyticsapp.accounts import tokens
from lyticsapp.accounts.models import ApiToken, AuditEntry, Role, Scope
from lyticsapp.face import current
from lyticsapp.face.forms import AccountForm
from lyticsapp.face.model_admin import AccountModelAdmin, Deletion, ReadOnly, actor

LIFETIMES = [("", "Never"), ("30", "30 days"), ("90", "90 days"), ("365", "One year")]


class TokenForm(AccountForm):
    """What a new token is for, and for how long."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Give it no more than its program needs.",
    )
    expires_in = forms.ChoiceField(
        choices=LIFETIMES, required=False, widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = ApiToken
        fields = ["name"]

    def expires_at(self) -> Any:
        """When the token ends, or None."""
        days = self.cleaned_data["expires_in"]
        return timezone.now() + timedelta(days=int(days)) if days else None


@admin.register(ApiToken)
class TokenAdmin(AccountModelAdmin):
    """Tokens for the REST API; a token's text is shown once."""

    form = TokenForm
    menu_group = "Account"
    menu_icon = "key"
    menu_title = "API tokens"
    menu_order = 10
    view_role = Role.ADMIN
    change_role = Role.ADMIN
    add_label = "Create a token"
    intro = "Programs use a token to send events and to read and change segments."
    empty_title = "No tokens yet"
    empty_text = (
        "Create a token to send the first event. Its text is shown once, right after."
    )

    list_display = ["name", "scope_names", "created_by", "last_used_at", "expires_at"]
    list_select_related = ["created_by"]
    search_fields = ["name"]
    search_help_text = "Name"
    ordering = ["name", "pk"]
    fields = ["name", "scopes", "expires_in"]
    change_form_template = "admin/face/object.html"
    add_form_template = "admin/change_form.html"

    @admin.display(description="may be used for")
    def scope_names(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="id")
    def id_shown(self, token: ApiToken) -> str:
        return token.public_id

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fields
        return [
            "name",
            "id_shown",
            "scope_names",
            "created_by",
            "created_at",
            "last_used_at",
            "expires_at",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj) if obj is not None else []

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None:
            kwargs["form"] = AccountForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: ApiToken, form: Any, change: bool
    ) -> None:
        """Issue the token; `response_add` shows it."""
        issued = tokens.issue(
            account=current.account(request),
            name=obj.name,
            scopes=[Scope(value) for value in form.cleaned_data["scopes"]],
            actor=actor(request),
            expires_at=form.expires_at(),
        )
        obj.pk = issued.token.pk
        form.issued = issued
        request._issued_token = issued  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token here, once: a redirect would have to keep its text."""
        issued: tokens.IssuedToken = request._issued_token  # type: ignore[attr-defined]
        response = TemplateResponse(
            request,
            "admin/accounts/token_issued.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Your new token",
                "token_text": issued.text,
                "list_url": self.list_url(),
                "site_url": request.build_absolute_uri("/").rstrip("/"),
            },
        )
        response["Cache-Control"] = "no-store"
        return response

    def deletion(self, obj: Any) -> Deletion:
        return Deletion(["Programs that use it are refused from now on."])

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        """Revoke the token."""
        tokens.revoke(obj, actor=actor(request))


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
