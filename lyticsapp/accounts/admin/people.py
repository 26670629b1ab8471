"""The people of an account, those invited, and (for operators) everybody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from lyticsapp.accounts import invitations, members
from lyticsapp.accounts.errors import AccountsError
from lyticsapp.accounts.models import Invitation, Member, Role, User
from lyticsapp.face import current
from lyticsapp.face.admin import OperatorModelAdmin
from lyticsapp.face.declared import Button, Deletion
from lyticsapp.face.errors import refused_at
from lyticsapp.face.forms import AccountForm
from lyticsapp.face.model_admin import AccountModelAdmin, actor
from lyticsapp.face.shown import badge

ROLES_EXPLAINED = (
    "A viewer sees. An editor changes segments, subscriptions and fields, too. "
    "An admin also has the tokens, the people, the settings and the audit log."
)


class MemberForm(AccountForm):
    """What a person may do."""

    class Meta:
        model = Member
        fields = ["role"]
        help_texts = {"role": ROLES_EXPLAINED}


@admin.register(Member)
class MemberAdmin(AccountModelAdmin):
    """Who works in the account."""

    form = MemberForm
    menu_group = "Account"
    menu_icon = "badge"
    menu_order = 20
    menu_title = "People"
    view_role = Role.ADMIN
    change_role = Role.ADMIN
    empty_title = "Nobody works in this account yet"
    empty_text = "Invite people by mail, or hand them the link."

    list_display = ["person", "email", "role", "last_login", "created_at"]
    list_select_related = ["user"]
    list_filter = ["role"]
    search_fields = ["user__email", "user__first_name", "user__last_name"]
    search_help_text = "Name or e-mail address"
    ordering = ["user__email"]
    fields = ["role", "email", "last_login", "created_at"]
    readonly_fields = ["email", "last_login", "created_at"]

    @admin.display(description="name", ordering="user__first_name")
    def person(self, member: Member) -> str:
        return str(member.user)

    @admin.display(description="e-mail address", ordering="user__email")
    def email(self, member: Member) -> str:
        return member.user.email

    @admin.display(description="last login", ordering="user__last_login")
    def last_login(self, member: Member) -> Any:
        return member.user.last_login

    def list_buttons(self, request: HttpRequest) -> list[Button]:
        url = reverse("admin:accounts_invitation_add")
        return [Button("Invite somebody", url, "person_add", primary=True)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Member, form: Any, change: bool
    ) -> None:
        """Give the person another role."""
        role, obj.role = Role(obj.role), form.initial["role"]
        with refused_at(AccountsError, field="role"):
            members.change_role(obj, role, actor=actor(request))

    def deletion(self, obj: Any) -> Deletion:
        return Deletion(
            ["The person sees nothing of this account any more, from now on."]
        )

    def delete_model(self, request: HttpRequest, obj: Member) -> None:
        """Take the person out of the account."""
        with refused_at(AccountsError):
            members.remove(obj, actor=actor(request))


class InvitationForm(AccountForm):
    """Who is invited, as what."""

    class Meta:
        model = Invitation
        fields = ["email", "role"]
        labels = {"email": "E-mail address"}
        help_texts = {"role": ROLES_EXPLAINED}


@admin.register(Invitation)
class InvitationAdmin(AccountModelAdmin):
    """Invitations to the account."""

    form = InvitationForm
    menu_group = "Account"
    menu_icon = "mail"
    menu_order = 30
    view_role = Role.ADMIN
    change_role = Role.ADMIN
    add_label = "Invite somebody"
    save_label = "Invite"
    empty_title = "Nobody is invited"
    empty_text = "An invitation is mailed; its link can be handed over, too."

    list_display = ["email", "role", "state", "invited_by", "created_at", "expires_at"]
    list_select_related = ["invited_by"]
    search_fields = ["email"]
    search_help_text = "E-mail address"
    ordering = ["-created_at", "-pk"]
    fields = ["email", "role"]
    change_form_template = "admin/face/deletable.html"
    add_form_template = "admin/change_form.html"

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at is not None:
            return badge("Accepted", "good")
        if invitation.expires_at <= timezone.now():
            return badge("Expired")
        return badge("Open", "info")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Invitation, form: Any, change: bool
    ) -> None:
        """Invite, and mail the link; the answer shows it, too."""
        with refused_at(AccountsError, field="email"):
            issued = invitations.invite(
                account=current.account(request),
                email=obj.email,
                role=Role(obj.role),
                actor=actor(request),
            )
        obj.pk = issued.invitation.pk
        self.show_once(request, issued.link)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.response_once(
            request,
            title=f"{obj.email} is invited",
            note="It has been mailed, too. The link works once, for a week.",
        )

    def deletion(self, obj: Any) -> Deletion:
        return Deletion(["Its link opens nothing any more."])

    def delete_model(self, request: HttpRequest, obj: Invitation) -> None:
        """Withdraw the invitation."""
        invitations.withdraw(obj, actor=actor(request))


@admin.register(User)
class PersonAdmin(OperatorModelAdmin):
    """Everybody who can log in to this installation."""

    menu_icon = "group"
    menu_order = 20
    menu_title = "All people"
    list_display = ["email", "first_name", "last_name", "is_active", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["email", "first_name", "last_name"]
    search_help_text = "Name or e-mail address"
    ordering = ["email"]
    fields = [
        "email",
        "first_name",
        "last_name",
        "time_zone",
        "is_active",
        "is_superuser",
        "last_login",
        "date_joined",
    ]
