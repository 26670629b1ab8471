"""The page that an invitation's link opens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from lyticsapp.accounts import invitations
from lyticsapp.accounts.errors import AccountsError, InvitationError
from lyticsapp.accounts.models import Invitation, User
from lyticsapp.face import current

BACKEND = "django.contrib.auth.backends.ModelBackend"


class NewPersonForm(forms.Form):
    """A login for somebody who has none."""

    first_name = forms.CharField(
        required=False, max_length=150, widget=UnfoldAdminTextInputWidget
    )
    last_name = forms.CharField(
        required=False, max_length=150, widget=UnfoldAdminTextInputWidget
    )
    password = forms.CharField(
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )


@never_cache
def accept_invitation(request: HttpRequest, text: str) -> HttpResponse:
    """Join the account: with the login one has, or with a new one."""
    try:
        invitation = invitations.find(text)
    except InvitationError as error:
        return _ended(request, str(error))
    if isinstance(request.user, User):
        return _join_as(request, request.user, invitation, text)
    if User.objects.filter(email=invitation.email).exists():
        return _page(request, invitation, {"known": True})
    return _join_new(request, invitation, text)


def _join_as(
    request: HttpRequest, user: User, invitation: Invitation, text: str
) -> HttpResponse:
    if request.method != "POST":
        return _page(request, invitation, {"joins_as": user})
    try:
        invitations.accept_as(user, text)
    except AccountsError as error:
        return _ended(request, str(error))
    return _welcome(request, invitation)


def _join_new(request: HttpRequest, invitation: Invitation, text: str) -> HttpResponse:
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.accept_new(text, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("password", error)
        except AccountsError as error:
            form.add_error(None, str(error))
        else:
            login(request, user, backend=BACKEND)
            return _welcome(request, invitation)
    return _page(request, invitation, {"form": form})


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    request.session[current.SESSION_KEY] = invitation.account_id
    messages.success(request, f"Welcome to {invitation.account.name}.")
    return HttpResponseRedirect(reverse("admin:index"))


def _page(
    request: HttpRequest, invitation: Invitation, context: dict[str, Any]
) -> HttpResponse:
    title = f"Join {invitation.account.name}"
    context |= {"invitation": invitation, "title": title}
    return render(request, "face/invitation.html", context)


def _ended(request: HttpRequest, reason: str) -> HttpResponse:
    context = {"title": "This invitation cannot be used", "reason": reason}
    return render(request, "face/invitation_ended.html", context, status=410)
