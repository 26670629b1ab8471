"""Celery tasks: each is a hint to look, and finds its work in the database."""

from __future__ import annotations

from celery import shared_task

from lyticsapp.authorizations import pgp_expiry


@shared_task
def check_keys() -> None:
    """Raise and clear the alerts about PGP keys that expire."""
    pgp_expiry.check()
