"""The state of each part, asked for with short limits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import redis
from django.db import Error, connection
from django.utils import timezone

from lyticsapp.health import presence
from segments.pipeline.pending import LaneHead, lane_heads

QUEUES = ("pipeline", "walks", "delivery", "jobs")
# Counting further costs more than the number tells.
COUNT_LIMIT = 10_000

BACKLOG = """
SELECT
    (SELECT count(*) FROM (SELECT 1 FROM streams_pendingevent LIMIT %(limit)s) e),
    (SELECT count(*) FROM (
        SELECT 1 FROM subscriptions_delivery WHERE state = 'pending' LIMIT %(limit)s
    ) d)
"""


@dataclass(frozen=True)
class PartState:
    """Whether a part runs, and if not, why."""

    ok: bool
    reason: str = ""


@dataclass(frozen=True)
class Backlog:
    """What is accepted and not done yet, counted up to a limit."""

    events: int
    oldest_event_s: float
    deliveries: int


@dataclass(frozen=True)
class Health:
    """Every part's state."""

    parts: dict[str, PartState]
    backlog: Backlog | None

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "status": _word(self.ok),
            "parts": {
                name: {"status": _word(part.ok)}
                | ({"reason": part.reason} if part.reason else {})
                for name, part in self.parts.items()
            },
            "backlog": None if self.backlog is None else asdict(self.backlog),
        }


def whole() -> Health:
    """The state of the whole installation."""
    ready = readiness()
    backlog, database = _backlog() if ready.parts["database"].ok else (None, None)
    parts = dict(ready.parts)
    if database is not None:
        parts["database"] = database
    return Health(parts=parts | _processes(), backlog=backlog)


def readiness() -> Health:
    """Whether this web process can take calls: it needs the servers alone."""
    parts = {
        "web": PartState(ok=True),
        "database": _database(),
        "redis": _redis(),
    }
    return Health(parts=parts, backlog=None)


def _database() -> PartState:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        connection.close()
        return PartState(ok=False, reason="PostgreSQL does not answer")
    return PartState(ok=True)


def _redis() -> PartState:
    try:
        presence.client().ping()
    except redis.RedisError:
        return PartState(ok=False, reason="Redis does not answer")
    return PartState(ok=True)


def _processes() -> dict[str, PartState]:
    names = {f"worker-{queue}": presence.worker_of(queue) for queue in QUEUES}
    names[presence.BEAT] = presence.BEAT
    try:
        there = presence.present(names.values())
    except redis.RedisError:
        unknown = PartState(ok=False, reason="unknown while Redis does not answer")
        return dict.fromkeys(names, unknown)
    return {
        part: PartState(ok=True)
        if there[name]
        else PartState(
            ok=False, reason=f"no sign of life for {presence.EXPIRE_S} seconds"
        )
        for part, name in names.items()
    }


def _backlog() -> tuple[Backlog | None, PartState]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(BACKLOG, {"limit": COUNT_LIMIT})
            events, deliveries = cursor.fetchone()
        heads = lane_heads()
    except Error:
        return None, PartState(
            ok=False, reason="tables are missing: run manage.py migrate"
        )
    backlog = Backlog(
        events=events,
        oldest_event_s=_age_s(heads),
        deliveries=deliveries,
    )
    return backlog, PartState(ok=True)


def _word(ok: bool) -> str:
    return "ok" if ok else "down"


def _age_s(heads: list[LaneHead]) -> float:
    """How long the oldest pending event has waited, in seconds."""
    if not heads:
        return 0.0
    oldest = min(head.received_at for head in heads)
    return round((timezone.now() - oldest).total_seconds(), 3)
