"""Hints: telling the workers at once that a job is due; the sweep finds it anyway."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

RUN = "lyticsapp.jobs.tasks.run"
EXPIRES_S = 2.0  # the sweep sends one a second: those that wait pile up

logger = logging.getLogger(__name__)


def hint(job_id: int) -> None:
    """Say that a job is due."""
    try:
        current_app.send_task(RUN, (job_id,), expires=EXPIRES_S, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("a hint was not sent, the sweep will do: %s", error)


def hint_after_commit(job_id: int) -> None:
    """Say that a job is due, once others can see that it is."""
    transaction.on_commit(lambda: hint(job_id))
