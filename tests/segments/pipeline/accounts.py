"""Accounts with segments and pending events, put straight into the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection

from lyticsapp.accounts.models import Account
from segments.definitions import lock
from segments.definitions.models import Segment
from segments.pipeline.batch import Lane, process
from segments.pipeline.triggers import ProfileUpdate
from segments.streams.models import Stream

LANES = 4


class RecordingSink:
    """A trigger sink that remembers what it was told."""

    told: list[ProfileUpdate] = []

    def __init__(self, account_id: int, definition_version: int) -> None:
        self.account_id = account_id

    def segments_listened_to(self) -> frozenset[int]:
        segments = Segment.objects.for_account(self.account_id)
        return frozenset(segments.values_list("pk", flat=True))

    def fields_watched(self) -> frozenset[str]:
        return frozenset()

    def backfilling_segments(self) -> frozenset[int]:
        return frozenset()

    def write(self, cursor: Any, updates: list[ProfileUpdate], at: Any) -> Any:
        self.told.extend(updates)
        return frozenset()

    @staticmethod
    def notify(subscription_ids: frozenset[int]) -> None:
        return None


def make_account(name: str = "Acme") -> Account:
    return Account.objects.create(name=name)


def make_segment(account: Account, slug: str, filterql: str) -> Segment:
    with lock.exclusive(account.pk):
        return Segment.objects.create(
            account=account, slug=slug, name=slug, filterql=f"FILTER {filterql}"
        )


def put_events(
    account: Account,
    bodies: Iterable[Mapping[str, Any]],
    *,
    lane: int = 0,
    event_at: datetime | None = None,
) -> None:
    """Accept events into a lane, in order; `_at` in a body is its time in seconds."""
    stream, _ = Stream.objects.for_account(account).get_or_create(
        name="test", defaults={"account": account}
    )
    with connection.cursor() as cursor:
        for body in bodies:
            fields = dict(body)
            seconds = fields.pop("_at", None)
            at = event_at or datetime.now(UTC)
            if seconds is not None:
                at = datetime.fromtimestamp(seconds, UTC)
            cursor.execute(
                """WITH event AS (
                    INSERT INTO streams_event
                        (account_id, stream_id, event_at, received_at, body)
                    VALUES (%s, %s, %s, now(), %s) RETURNING id, received_at)
                INSERT INTO streams_pendingevent
                    (event_id, account_id, lane, received_at)
                SELECT id, %s, %s, received_at FROM event""",
                (
                    account.pk,
                    stream.pk,
                    at,
                    orjson.dumps(fields).decode(),
                    account.pk,
                    lane,
                ),
            )


def drain(account: Account) -> None:
    """Process every lane until nothing is pending."""
    for lane in range(LANES):
        while process(account.pk, lane).lane is Lane.WORKED:
            pass
