"""Configuration of the profiles app."""

from __future__ import annotations

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """The profiles package."""

    name = "segments.profiles"
    label = "profiles"
    default_auto_field = "django.db.models.BigAutoField"
