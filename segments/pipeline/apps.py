"""Configuration of the pipeline app."""

from __future__ import annotations

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    """The pipeline package."""

    name = "segments.pipeline"
    label = "pipeline"
    default_auto_field = "django.db.models.BigAutoField"
