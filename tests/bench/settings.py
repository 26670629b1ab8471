"""The product's settings, and an empty view behind the same middleware."""

from __future__ import annotations

from lyticsapp.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
