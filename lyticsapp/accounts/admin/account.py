"""An account's settings; operators see, open and create all accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget

from lyticsapp.accounts import audit, details
from lyticsapp.accounts.errors import AccountsError
from lyticsapp.accounts.models import Account, Role, User
from lyticsapp.face import current
from lyticsapp.face.declared import ObjectPage, Question
from lyticsapp.face.errors import refused_at
from lyticsapp.face.forms import AccountForm, time_zone_choices
from lyticsapp.face.model_admin import AccountModelAdmin, actor


class AccountDetailsForm(AccountForm):
    """The name of an account and its zone."""

    time_zone = forms.ChoiceField(
        choices=time_zone_choices,
        widget=UnfoldAdminSelectWidget,
        help_text="The zone of the account's own days. Each person chooses one for "
        "what the admin shows.",
    )

    class Meta:
        model = Account
        fields = ["name", "time_zone"]


@admin.register(Account)
class AccountAdmin(AccountModelAdmin):
    """The settings of the account."""

    form = AccountDetailsForm
    menu_group = "Account"
    menu_icon = "settings"
    menu_order = 60
    menu_title = "Settings"
    view_role = Role.ADMIN
    change_role = Role.ADMIN
    add_label = "New account"

    list_display = ["name", "public_id", "time_zone", "created_at"]
    search_fields = ["name", "public_id"]
    search_help_text = "Name or id"
    ordering = ["name", "pk"]
    fields = ["name", "time_zone", "public_id", "identity_fields", "created_at"]
    readonly_fields = ["public_id", "identity_fields", "created_at"]
    object_pages = (
        ObjectPage(path="open", view="open_view", label="Open", role=Role.ADMIN),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        accounts = Account.objects.order_by("name", "pk")
        if is_operator(request):
            return accounts
        return accounts.filter(pk=current.account(request).pk)

    def allows(self, request: HttpRequest, role: Role, obj: Any = None) -> bool:
        return is_operator(request) or super().allows(request, role, obj)

    def account_id_of(self, obj: Any) -> int:
        return int(obj.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The list is for operators; others are led to their account."""
        if is_operator(request) or not self.has_view_permission(request):
            context = {**(extra_context or {}), "list_heading": "Accounts"}
            return super().changelist_view(request, context)
        return HttpResponseRedirect(self.page_url("change", current.account(request)))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj is not None else ["name", "time_zone"]

    def buttons(self, request: HttpRequest, obj: Any) -> Any:
        """Opening is for accounts that one is not looking at."""
        here = current.find_place(request)
        if here is not None and here.account.pk == obj.pk:
            return []
        return super().buttons(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Account, form: Any, change: bool
    ) -> None:
        """Change the settings, or create an account."""
        if not change:
            obj.save()
            person = actor(request).user
            audit.record(account=obj, action="create", obj=obj, user=person)
            return
        name, time_zone = obj.name, obj.time_zone
        with refused_at(AccountsError):
            details.change_account(
                obj, name=name, time_zone=time_zone, actor=actor(request)
            )

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Stay on the page: there is one account to most people."""
        self.message_user(request, "Saved.")
        return HttpResponseRedirect(self.page_url("change", obj))

    def open_view(self, request: HttpRequest, obj: Account) -> HttpResponse:
        """Look at this account from now on, after asking."""
        question = Question(
            title=f"Open “{obj}”?",
            text="You will see its rows and change them as its admin would.",
            button="Open",
        )
        if request.method != "POST":
            return self.ask(request, obj, question, lambda: "")
        current.switch(request, obj.public_id)
        return HttpResponseRedirect(reverse("admin:index"))


def is_operator(request: HttpRequest) -> bool:
    """Whether the person operates the installation."""
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_superuser
