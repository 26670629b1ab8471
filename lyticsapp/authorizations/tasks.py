"""Celery tasks: each is a hint to look, and finds its work in the database."""

from __future__ import annotations

from celery import current_app, shared_task
from django.utils import timezone

from lyticsapp.authorizations import health, pgp_expiry

WATCH = "lyticsapp.authorizations.tasks.watch"
HINT_LASTS_S = 600


@shared_task
def check_keys() -> None:
    """Raise and clear the alerts about PGP keys that expire."""
    pgp_expiry.check()


@shared_task
def check_connections() -> None:
    """Find authorizations that have not been tested for a day."""
    health.clear_gone()
    for pk in health.due(timezone.now()):
        current_app.send_task(WATCH, [pk], retry=False, expires=HINT_LASTS_S)


@shared_task
def watch(authorization_id: int) -> None:
    """Test an authorization, and raise or clear its alert."""
    health.watch(authorization_id)
