"""Configuration of the definitions app."""

from __future__ import annotations

from django.apps import AppConfig


class DefinitionsConfig(AppConfig):
    """The definitions package."""

    name = "segments.definitions"
    label = "definitions"
    default_auto_field = "django.db.models.BigAutoField"
