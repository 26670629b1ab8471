"""The addresses that monitors ask."""

from __future__ import annotations

from django.urls import path

from lyticsapp.health.views import healthz, prometheus, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", prometheus, name="metrics"),
]
