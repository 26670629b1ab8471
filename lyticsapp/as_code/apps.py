"""Configuration of the app of segments and jobs as code."""

from __future__ import annotations

from django.apps import AppConfig


class AsCodeConfig(AppConfig):
    """Holds a command, no models."""

    name = "lyticsapp.as_code"
    label = "as_code"
