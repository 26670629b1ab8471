"""Looking at what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection

from segments.streams.call import Call
from segments.streams.models import Event, RejectedRecord

RECEIVED_AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class StoredEvent:
    stream: str
    body: dict[str, Any]
    event_at: datetime
    received_at: datetime
    lane: int


def events_of(account) -> list[StoredEvent]:
    """The account's events that wait to be applied, in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.name, e.body::text, e.event_at, e.received_at, p.lane"
            " FROM streams_event e JOIN streams_stream s ON s.id = e.stream_id"
            " JOIN streams_pendingevent p"
            "   ON p.event_id = e.id AND p.received_at = e.received_at"
            "  AND p.account_id = e.account_id"
            " WHERE e.account_id = %s ORDER BY e.id",
            [account.pk],
        )
        return [
            StoredEvent(name, orjson.loads(body), *rest)
            for name, body, *rest in cursor.fetchall()
        ]


def bodies_of(account) -> list[dict[str, Any]]:
    return [event.body for event in events_of(account)]


def rejected_of(account) -> list[RejectedRecord]:
    return list(RejectedRecord.objects.for_account(account).order_by("pk"))


def count_events(account) -> int:
    return Event.objects.filter(account_id=account.pk).count()


def make_call(**values: Any) -> Call:
    defaults = {
        "account_id": 1,
        "stream": "demo",
        "identity_fields": ("user_id", "email"),
        "received_at": RECEIVED_AT,
        "max_record_bytes": 10_000,
    }
    return Call(**(defaults | values))
