"""The Celery application. Its messages are hints; the work is in PostgreSQL."""

from __future__ import annotations

import gc
import logging.config
import os
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.db import close_old_connections
from structlog.contextvars import bind_contextvars, unbind_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lyticsapp.settings")

app = Celery("lyticsapp")
app.set_default()  # for every thread, not only the one that imports this
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add("lyticsapp.health.presence:WorkerPresence")

GARBAGE_THRESHOLDS = (50_000, 20, 100)


@signals.worker_process_init.connect
def collect_garbage_seldom(**_: Any) -> None:
    """A batch makes many objects that live to its end, and hardly any cycles.

    With Python's own thresholds a third of the time goes into looking for them.
    """
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


@signals.setup_logging.connect
def _log_as_the_web_does(**_: Any) -> None:
    """Celery sets up logging of its own unless somebody else does."""
    logging.config.dictConfig(settings.LOGGING)


@signals.task_prerun.connect
def _renew_connections(**_: Any) -> None:
    """A task goes on with the connection of the one before, unless it is broken."""
    close_old_connections()


@signals.task_prerun.connect
def _name_task(task_id: str, task: Any, **_: Any) -> None:
    """Every line that a task logs holds its name and id."""
    bind_contextvars(task=task.name, task_id=task_id)


@signals.task_postrun.connect
def _forget_task(**_: Any) -> None:
    unbind_contextvars("task", "task_id")
