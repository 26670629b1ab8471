"""Configuration of the jobs app."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Jobs."""

    name = "lyticsapp.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the kinds of alert."""
        from lyticsapp.jobs import watch  # noqa: F401
