"""The Celery application with the workflows of the tests: what a test's worker runs."""

from __future__ import annotations

import django

from lyticsapp.celery import app as app

django.setup()

from lyticsapp.jobs import workflow  # noqa: E402 - models want Django to be set up
from tests.lyticsapp.jobs import workflows  # noqa: E402

workflow.bind("tests", lambda: workflow.in_package(workflows))
