"""An account's settings; operators see, open and create all accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from lyticsapp.accounts import audit, details, identity_fields
from lyticsapp.accounts.errors import AccountsError, IdentityFieldsError
from lyticsapp.accounts.models import (
    Account,
    Role,
    User,
    default_identity_fields,
)
from lyticsapp.face import current
from lyticsapp.face.declared import ObjectPage, Question
from lyticsapp.face.errors import refused_at
from lyticsapp.face.forms import AccountForm, time_zone_choices
from lyticsapp.face.model_admin import AccountModelAdmin, actor


class AccountDetailsForm(AccountForm):
    """The name of an account, its zone, and what tells its users apart."""

    time_zone = forms.ChoiceField(
        choices=time_zone_choices,
        widget=UnfoldAdminSelectWidget,
        help_text="The zone of the account's own days. Each person chooses one for "
        "what the admin shows.",
    )

    identity_fields = SimpleArrayField(
        forms.CharField(),
        initial=default_identity_fields,
        widget=UnfoldAdminTextInputWidget,
        help_text="Fields whose values tell who a user is, separated by commas, the "
        "strongest first. A change holds for events that come in from then on: "
        "profiles stay as they are and keep the identities they have. A user cannot "
        "be looked up by a field that is taken out. Take care with a field that "
        "you add: users who share a value of it become one user, for good.",
    )

    class Meta:
        model = Account
        fields = ["name", "time_zone", "identity_fields"]

    def clean_identity_fields(self) -> list[str]:
        """Refuse what cannot tell who a user is."""
        fields: list[str] = self.cleaned_data["identity_fields"]
        try:
            identity_fields.check(fields)
        except IdentityFieldsError as error:
            raise forms.ValidationError(str(error)) from error
        return fields


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
    fields = ["name", "time_zone", "identity_fields", "public_id", "created_at"]
    add_fields = ("name", "time_zone", "identity_fields")
    readonly_fields = ["public_id", "created_at"]
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
        return self.fields if obj is not None else self.add_fields

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
        if "identity_fields" in form.changed_data:
            # First: whoever applies events may hold what renaming waits for.
            identity_fields.change(obj, obj.identity_fields, actor=actor(request))
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
