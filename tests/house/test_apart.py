"""Tests that run side by side share no database."""

from __future__ import annotations

import os

from django.conf import settings


def test_each_process_has_a_redis_database_of_its_own() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    number = 0 if worker is None else int(worker.removeprefix("gw")) + 1
    assert settings.REDIS_URL.rpartition("/")[2] == str(number)
    assert settings.CELERY_BROKER_URL == settings.REDIS_URL
