"""A Celery worker of the queue of jobs, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 30


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the queue of jobs, on the database of the test."""
    database = connection.settings_dict
    found = os.environ["DATABASE_URL"]
    head, _, options = found.partition("?")
    address = f"{head.rpartition('/')[0]}/{database['NAME']}"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "--app=tests.lyticsapp.jobs.worker"),
            *("worker", "--queues=jobs", "--pool=threads", "--concurrency=2"),
            *("--without-gossip", "--without-mingle", "--loglevel=WARNING"),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": f"{address}?{options}" if options else address,
            "REDIS_URL": settings.REDIS_URL,
            "DJANGO_SETTINGS_MODULE": "lyticsapp.settings",
        },
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE_S)
