"""Messages with what became of them, one by one or as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import QuerySet

from segments.profiles.render import rfc3339
from subscriptions import selection
from subscriptions.models import Attempt, Delivery
from subscriptions.selection import Selection

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages, the newest first, and before which the next page begins."""

    shown: Sequence[dict[str, Any]]
    next_before: int | None


def lines(account_id: int, wanted: Selection) -> Iterator[bytes]:
    """The selected messages in their order, each as a line; a chunk at a time."""
    cursor = 0
    rows = _rows(account_id, wanted).order_by("pk")
    while chunk := list(rows.filter(pk__gt=cursor)[:CHUNK]):
        for shown in present_all(chunk):
            yield orjson.dumps(shown) + b"\n"
        cursor = chunk[-1].pk


def page(account_id: int, wanted: Selection, *, before: int | None, limit: int) -> Page:
    """The newest of the selected messages, or the newest before a sequence number."""
    rows = _rows(account_id, wanted).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return Page(present_all(found[:limit]), found[limit - 1].pk if more else None)


def _rows(account_id: int, wanted: Selection) -> QuerySet[Delivery]:
    rows = selection.deliveries(account_id, wanted)
    return rows.select_related("subscription").defer("subscription__secrets")


def present_all(chunk: Sequence[Delivery]) -> list[dict[str, Any]]:
    """Messages as the API shows them, each with its last try."""
    tries = Attempt.objects.for_accounts({each.account_id for each in chunk})
    last = {
        each.delivery_id: each
        for each in tries.filter(delivery__in=chunk)
        .order_by("delivery_id", "-pk")
        .distinct("delivery_id")
    }
    return [_present(each, last.get(each.pk)) for each in chunk]


def _present(delivery: Delivery, last: Attempt | None) -> dict[str, Any]:
    waits = delivery.ended_at is None
    return {
        "id": str(delivery.message_id),
        "sequence": delivery.pk,
        "subscription_id": delivery.subscription.public_id,
        "state": delivery.state,
        "outcome": delivery.outcome,
        "cause": delivery.cause,
        "attempts": delivery.attempts,
        "created": rfc3339(delivery.created_at),
        "ended": rfc3339(delivery.ended_at) if delivery.ended_at else None,
        "next_try": rfc3339(delivery.next_attempt_at) if waits else None,
        "last_try": None if last is None else _present_try(last),
        "message": delivery.payload,
    }


def _present_try(last: Attempt) -> dict[str, Any]:
    return {
        "at": rfc3339(last.at),
        "outcome": last.outcome,
        "status_code": last.status_code,
        "latency_ms": last.latency_ms,
        "error": last.error,
        "answer": last.answer,
    }
