"""The processes that `up` runs beside the servers: how each is started."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

HOST = "127.0.0.1"
MAX_WEB_PROCESSES = 4
WEB_THREADS = 8
DELIVERY_THREADS = 32
JOB_THREADS = 32


@dataclass(frozen=True)
class Part:
    """One supervised process. Parts of a later stage are stopped first."""

    name: str
    arguments: tuple[str, ...]
    stage: int
    stop_timeout_s: float = 25

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", *self.arguments]


def platform_parts(port: int) -> list[Part]:
    """Web, workers and beat, as many as the machine has processors for."""
    processors = _processors()
    return [
        _worker("pipeline", pool="prefork", concurrency=processors),
        _worker("walks", pool="prefork", concurrency=processors),
        _worker("delivery,sweeps", pool="threads", concurrency=DELIVERY_THREADS),
        _worker("jobs", pool="threads", concurrency=JOB_THREADS),
        Part(
            name="beat",
            arguments=(*_celery("beat"), "--pidfile="),
            stage=3,
            stop_timeout_s=10,
        ),
        Part(name="web", arguments=_web(port, processors), stage=4),
    ]


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _web(port: int, processors: int) -> tuple[str, ...]:
    return (
        "gunicorn",
        "lyticsapp.wsgi:application",
        f"--bind={HOST}:{port}",
        "--worker-class=gthread",
        f"--workers={min(processors, MAX_WEB_PROCESSES)}",
        f"--threads={WEB_THREADS}",
        "--preload",
        "--timeout=120",
        "--graceful-timeout=15",
        "--no-control-socket",
        "--log-level=warning",
    )


def _worker(queues: str, *, pool: str, concurrency: int) -> Part:
    """A worker of these queues, named after the first of them."""
    name = queues.partition(",")[0]
    arguments = (
        *_celery("worker"),
        f"--queues={queues}",
        f"--hostname={name}@%h",
        f"--pool={pool}",
        f"--concurrency={concurrency}",
        "--without-gossip",
        "--without-mingle",
    )
    return Part(name=f"worker-{name}", arguments=arguments, stage=2)


def _celery(program: str) -> tuple[str, ...]:
    return ("celery", "--app=lyticsapp.celery", program, "--loglevel=WARNING")
