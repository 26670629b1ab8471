"""Configuration of the streams app."""

from __future__ import annotations

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    """The streams package."""

    name = "segments.streams"
    label = "streams"
    default_auto_field = "django.db.models.BigAutoField"
