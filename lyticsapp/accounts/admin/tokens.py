"""API tokens; the text of one is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
)

from lyticsapp.accounts import tokens
from lyticsapp.accounts.models import ApiToken, Role, Scope
from lyticsapp.face import current
from lyticsapp.face.declared import Deletion
from lyticsapp.face.forms import AccountForm
from lyticsapp.face.model_admin import AccountModelAdmin, actor

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
    save_label = "Create"
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
    change_form_template = "admin/face/deletable.html"
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
        """Issue the token; the answer shows it."""
        issued = tokens.issue(
            account=current.account(request),
            name=obj.name,
            scopes=[Scope(value) for value in form.cleaned_data["scopes"]],
            actor=actor(request),
            expires_at=form.expires_at(),
        )
        obj.pk = issued.token.pk
        self.show_once(request, issued.text)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.response_once(
            request,
            title="Your new token",
            note="Send it as “Authorization: Bearer …”. Who loses it creates another "
            "and deletes this one.",
        )

    def deletion(self, obj: Any) -> Deletion:
        return Deletion(["Programs that use it are refused from now on."])

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        """Revoke the token."""
        tokens.revoke(obj, actor=actor(request))
