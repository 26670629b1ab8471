"""Where people find an alert and what it is about."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from lyticsapp.alerts.models import Alert


def to_alert(alert: Alert) -> str:
    """The address of an alert's page."""
    return _absolute(reverse("admin:alerts_alert_change", args=[alert.pk]))


def to_subject(alert: Alert) -> str:
    """The address of what it is about; empty where that has no page."""
    return _absolute(alert.subject_url) if alert.subject_url else ""


def _absolute(path: str) -> str:
    return settings.SITE_URL.rstrip("/") + path
