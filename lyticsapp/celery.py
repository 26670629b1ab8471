"""The Celery application. Its messages are hints; the work is in PostgreSQL."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lyticsapp.settings")

app = Celery("lyticsapp")
app.set_default()  # for every thread, not only the one that imports this
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add("lyticsapp.health.presence:WorkerPresence")
