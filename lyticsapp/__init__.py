"""The platform the three apps stand on: the composition root and its packages."""

from __future__ import annotations

from lyticsapp.celery import app as celery_app

__all__ = ["celery_app"]
