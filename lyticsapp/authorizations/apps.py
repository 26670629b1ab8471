"""Configuration of the authorizations app."""

from __future__ import annotations

from django.apps import AppConfig


class AuthorizationsConfig(AppConfig):
    """Stored credentials."""

    name = "lyticsapp.authorizations"
    label = "authorizations"
    default_auto_field = "django.db.models.BigAutoField"
