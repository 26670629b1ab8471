"""The Celery task that sends notices: a sweep, whose work is in the database."""

from __future__ import annotations

from celery import shared_task

from lyticsapp.alerts import notices
from lyticsapp.alerts.models import Channel


@shared_task
def send_notices(channel: str) -> None:
    """Send the notices of a channel that are due."""
    notices.send_due(Channel(channel))
