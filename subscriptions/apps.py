"""Configuration of the subscriptions app."""

from __future__ import annotations

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Subscriptions and their deliveries."""

    name = "subscriptions"
    default_auto_field = "django.db.models.BigAutoField"
