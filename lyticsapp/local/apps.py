"""Configuration of the local app."""

from __future__ import annotations

from django.apps import AppConfig


class LocalConfig(AppConfig):
    """The embedded default; it holds commands, no models."""

    name = "lyticsapp.local"
    label = "local"
