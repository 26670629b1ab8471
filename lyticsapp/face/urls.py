"""Addresses of the pages before the login."""

from __future__ import annotations

from django.contrib.auth.views import PasswordResetCompleteView, PasswordResetDoneView
from django.urls import path

from lyticsapp.face.entry import AskForReset, ChoosePassword
from lyticsapp.face.joining import accept_invitation

urlpatterns = [
    path("invitation/<str:text>/", accept_invitation, name="accept_invitation"),
    path("password/", AskForReset.as_view(), name="admin_password_reset"),
    path("password/sent/", PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/<uidb64>/<token>/",
        ChoosePassword.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password/done/",
        PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
]
