"""Configuration of the alerts app."""

from __future__ import annotations

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """The one alert mechanism of the product."""

    name = "lyticsapp.alerts"
    label = "alerts"
    default_auto_field = "django.db.models.BigAutoField"
