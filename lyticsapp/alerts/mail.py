"""Telling an admin of an account by mail, where mail is on."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from lyticsapp.alerts import kinds, links
from lyticsapp.alerts.errors import NotSentError
from lyticsapp.alerts.models import Happening, Notice

# Nobody gets what these are given.
OFF = frozenset(
    f"django.core.mail.backends.{kind}.EmailBackend" for kind in ("console", "dummy")
)


def is_on() -> bool:
    """Whether mails reach anybody; `EMAIL_URL` turns mail on."""
    return settings.EMAIL_BACKEND not in OFF


def send(notice: Notice) -> None:
    """Send one mail; raises NotSentError."""
    assert notice.member is not None
    alert = notice.alert
    cleared = notice.happening == Happening.CLEARED
    context = {
        "alert": alert,
        "account": alert.account,
        "cleared": cleared,
        "kind": kinds.get(alert.kind),
        "link": links.to_alert(alert),
        "subject_link": links.to_subject(alert),
    }
    word = "Over" if cleared else alert.get_severity_display()
    try:
        send_mail(
            " ".join(f"{word}: {alert.title} ({alert.account.name})".split()),
            render_to_string("alerts/mail.txt", context),
            settings.DEFAULT_FROM_EMAIL,
            [notice.member.user.email],
        )
    except (OSError, smtplib.SMTPException) as error:
        raise NotSentError(f"the mail server: {type(error).__name__}") from error
