"""Configuration of the authorizations app."""

from __future__ import annotations

from django.apps import AppConfig


class AuthorizationsConfig(AppConfig):
    """Stored credentials."""

    name = "lyticsapp.authorizations"
    label = "authorizations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the kinds of alert."""
        from lyticsapp.authorizations import health, pgp_expiry  # noqa: F401
