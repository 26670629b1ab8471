"""Celery tasks: each is a hint to look, and finds its work in the database."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from lyticsapp.jobs import claim, control, hints, retention, runner, watch


@shared_task
def run(job_id: int) -> None:
    """Run a job, where it is due."""
    runner.run(job_id)


@shared_task
def sweep() -> None:
    """Find jobs that are due, pauses that are over, and runs whose worker is gone."""
    claim.recover()
    control.resume_those_due()
    for job_id in claim.due():
        hints.hint(job_id)


@shared_task
def check() -> None:
    """Raise and clear the alerts about jobs."""
    watch.check()


@shared_task
def prune() -> None:
    """Delete what is past its retention."""
    retention.prune()


@worker_shutting_down.connect
def stop(**_: Any) -> None:
    """Let runs end at their next step."""
    runner.stopping.set()
