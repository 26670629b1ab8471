"""Celery tasks that keep the tables of memberships in shape and watch their sizes."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from segments.membership import deleted, movements, size_alerts


@shared_task
def add_up_movements() -> None:
    """Add up what batches wrote down, and forget what is old."""
    movements.add_up()
    movements.forget_old(timezone.now())


@shared_task
def sweep_deleted_segments() -> None:
    """Delete what deleted segments left behind."""
    deleted.sweep()


@shared_task
def check_sizes() -> None:
    """Raise and clear the alerts about the sizes of segments."""
    size_alerts.check()
