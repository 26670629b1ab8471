"""Authorizations: made by steps, shown without their secrets, changed, deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from lyticsapp.accounts.models import Account, Role
from lyticsapp.authorizations import (
    connection_test,
    delegation_page,
    health,
    lifecycle,
    lookup,
    provider,
)
from lyticsapp.authorizations.dependencies import dependants_of
from lyticsapp.authorizations.errors import AuthorizationError
from lyticsapp.authorizations.forms import AuthorizationForm
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.wizard import Wizard
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.face.declared import Button, Deletion, ObjectPage
from lyticsapp.face.errors import refused_at
from lyticsapp.face.model_admin import AccountModelAdmin, actor
from lyticsapp.face.shown import badge


class ProviderFilter(admin.SimpleListFilter):
    """Narrows the list to a provider, by its title."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(each.key, each.title) for each in provider.registry().values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return queryset.filter(provider=self.value()) if self.value() else queryset


@admin.register(Authorization)
class AuthorizationAdmin(AccountModelAdmin):
    """Credentials at providers: admins make them, editors use them in jobs."""

    menu_group = "Account"
    menu_icon = "vpn_key"
    menu_order = 40
    view_role = Role.ADMIN
    change_role = Role.ADMIN
    add_label = "New authorization"
    intro = "Credentials with which jobs reach other systems. Their secrets are never shown."
    empty_title = "No authorizations yet"
    empty_text = (
        "An authorization holds the credentials of a provider, for any number of jobs."
    )

    list_display = [
        "label",
        "provider_title",
        "method_title",
        "health_shown",
        "tested_at",
        "updated_at",
    ]
    list_filter = [ProviderFilter, "health"]
    search_fields = ["label", "description", "public_id"]
    search_help_text = "Label, description or id"
    ordering = ["label", "pk"]
    object_pages = (
        ObjectPage(
            path="test",
            view="test_view",
            label="Test connection",
            role=Role.ADMIN,
            in_header=False,
        ),
    )

    def rows_of(self, account: Account) -> QuerySet[Any]:
        return lookup.listing(account)

    def get_urls(self) -> list[URLPattern]:
        delegation = path(
            "delegation/",
            self.admin_site.admin_view(self.delegation_view),
            name="authorizations_authorization_delegation",
        )
        return [*Wizard(self).urls(), delegation, *super().get_urls()]

    def list_buttons(self, request: HttpRequest) -> list[Button]:
        url = reverse("admin:authorizations_authorization_delegation")
        return [Button("Delegated access", url, "handshake")]

    def delegation_view(self, request: HttpRequest) -> HttpResponse:
        """How access is delegated at AWS, written out."""
        return delegation_page.respond(self, request)

    @admin.display(description="provider", ordering="provider")
    def provider_title(self, authorization: Authorization) -> str:
        return provider.get(authorization.provider).title

    @admin.display(description="method", ordering="method")
    def method_title(self, authorization: Authorization) -> str:
        at = provider.get(authorization.provider)
        return at.method(authorization.method).title

    @admin.display(description="health", ordering="health")
    def health_shown(self, authorization: Authorization) -> str:
        return badge(authorization.get_health_display(), authorization.health)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form of the authorization's method; saves what it says."""
        obj: Authorization = self.existing(request, object_id)
        at = provider.get(obj.provider)
        method = at.method(obj.method)
        form = AuthorizationForm.of(method, obj, request.POST or None)
        if form.is_valid() and _saved(request, form, obj):
            messages.success(request, "Saved. Jobs that use it go on with it.")
            return HttpResponseRedirect(self.page_url("change", obj))
        return self.object_page(
            request,
            obj,
            title=str(obj),
            template="admin/authorizations/authorization.html",
            context={
                "provider": at,
                "method": method,
                "form": form,
                "buttons": [
                    Button("History", self.page_url("history", obj), "history")
                ],
                "facts": method.facts(obj),
                "dependants": dependants_of(obj),
                "crumb_url": "",
                "back_url": self.list_url(),
                "delete_url": self.page_url("delete", obj),
                **self._tested(obj),
            },
        )

    def test_view(self, request: HttpRequest, obj: Authorization) -> HttpResponse:
        """Test the connection when asked to; what came of it, step by step."""
        if request.method == "POST":
            obj = health.test(obj)
            if not request.headers.get("HX-Request"):
                return HttpResponseRedirect(self.page_url("change", obj))
        return render(
            request, "admin/authorizations/connection.html", self._tested(obj)
        )

    def _tested(self, authorization: Authorization) -> dict[str, Any]:
        return {
            "original": authorization,
            "tested": connection_test.listed(authorization),
            "test_url": self.page_url("test", authorization),
        }

    def deletion(self, obj: Any) -> Deletion:
        users = [f"The job “{each.label}” uses it." for each in dependants_of(obj)]
        return Deletion(["Its secrets are forgotten."], users)

    def delete_model(self, request: HttpRequest, obj: Authorization) -> None:
        """Forget it, unless a job needs it."""
        with refused_at(AuthorizationError):
            lifecycle.delete(obj, actor(request))


def _saved(request: HttpRequest, form: AuthorizationForm, obj: Authorization) -> bool:
    try:
        lifecycle.update(obj, form.wanted(), actor(request))
    except InvalidSettingError as error:
        form.refuse(error.name, error.reason)
        return False
    return True
