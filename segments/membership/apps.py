"""Configuration of the membership app."""

from __future__ import annotations

from django.apps import AppConfig


class MembershipConfig(AppConfig):
    """The membership package."""

    name = "segments.membership"
    label = "membership"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the kind of alert."""
        from segments.membership import size_alerts  # noqa: F401
