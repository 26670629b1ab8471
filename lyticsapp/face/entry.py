"""The pages before the login: locked out, a new password."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget


def locked_out(
    request: HttpRequest, response: object = None, credentials: object = None
) -> HttpResponse:
    """Says when to come back, after too many failed logins."""
    wait = timedelta(hours=settings.AXES_COOLOFF_TIME)
    context = {
        "title": "Too many tries",
        "minutes": round(wait.total_seconds() / 60),
    }
    return render(request, "face/locked.html", context, status=429)


class AskForResetForm(PasswordResetForm):
    """Asks for the address to send the link to."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        email = self.fields["email"]
        email.label = "E-mail address"
        email.widget = UnfoldAdminEmailInputWidget(attrs={"autocomplete": "email"})


class ChoosePasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """Asks for the new password twice."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name in ("new_password1", "new_password2"):
            widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
            self.fields[name].widget = widget


class AskForReset(PasswordResetView):
    """Sends the link."""

    form_class = AskForResetForm
    subject_template_name = "registration/password_reset_subject.txt"


class ChoosePassword(PasswordResetConfirmView):
    """Takes the new password."""

    form_class = ChoosePasswordForm
