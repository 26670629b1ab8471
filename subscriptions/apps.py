"""Configuration of the subscriptions app."""

from __future__ import annotations

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Subscriptions and their deliveries."""

    name = "subscriptions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the kinds of alert; find the channels: a wrong one stops start-up."""
        from subscriptions import watch  # noqa: F401
        from subscriptions.channel import registry

        registry()
