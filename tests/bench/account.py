"""An account whose lanes are filled and worked by the benchmark itself."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from lyticsapp.accounts.models import Account
from lyticsapp.jobs.models import Job, JobState
from segments.definitions import lock
from segments.definitions.models import Segment
from segments.pipeline.batch import Lane, process
from segments.streams.call import Call
from segments.streams.lanes import lane_of
from segments.streams.models import Stream
from segments.streams.records import check
from subscriptions.models import Subscription
from tests.bench import people

PUT_CHUNK = 20_000
TOLD = 10


class BenchAccount:
    """An account with a stream and segments, ten of them listened to."""

    def __init__(self, filters: Sequence[str] | None = None) -> None:
        self.account = Account.objects.create(name="Bench")
        self.stream = Stream.objects.create(account=self.account, name="bench")
        self.rng = random.Random(7)
        self.now = datetime.now(UTC)
        texts = people.filters() if filters is None else filters
        with lock.exclusive(self.account.pk):
            Segment.across_accounts.bulk_create(
                Segment(
                    account=self.account,
                    slug=f"bench_{number}",
                    name=f"bench_{number}",
                    filterql=f"FILTER {text} FROM user ALIAS bench_{number}",
                )
                for number, text in enumerate(texts)
            )
        self._subscribe()

    def _subscribe(self) -> None:
        with lock.exclusive(self.account.pk):
            job = Job.objects.create(
                account=self.account,
                workflow="webhook_triggers",
                label="bench",
                state=JobState.RUNNING,
            )
            subscription = Subscription.objects.create(
                account=self.account,
                channel="webhook",
                config={"webhook_url": "http://127.0.0.1:9/"},
                job=job,
            )
            segments = Segment.objects.for_account(self.account).order_by("pk")
            subscription.segments.set(segments[:: max(1, segments.count() // TOLD)])

    def put_people(self, numbers: range) -> None:
        """Have events pending that tell all fields of these users."""
        for start in range(numbers.start, numbers.stop, PUT_CHUNK):
            chunk = range(start, min(start + PUT_CHUNK, numbers.stop))
            self.put(people.person(number, self.now) for number in chunk)

    def events(self, count: int, profiles: int) -> list[dict[str, Any]]:
        """Events of random users."""
        return [
            people.event(self.rng.randrange(profiles), self.rng, self.now)
            for _ in range(count)
        ]

    def put(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Have events pending, as a collect call leaves them."""
        call = Call(
            account_id=self.account.pk,
            stream=self.stream.name,
            identity_fields=tuple(self.account.identity_fields),
            received_at=datetime.now(UTC),
            max_record_bytes=1_000_000,
        )
        records = [check(event, call) for event in events]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval('streams_event_id_seq') FROM generate_series(1, %s)",
                (len(records),),
            )
            numbered = [
                (row[0], record)
                for row, record in zip(cursor.fetchall(), records, strict=True)
            ]
            at = call.received_at
            with cursor.copy(
                "COPY streams_event (id, account_id, stream_id, event_at,"
                " received_at, body) FROM STDIN"
            ) as copy:
                for number, record in numbered:
                    row = (number, self.account.pk, self.stream.pk, at, at)
                    copy.write_row((*row, record.body.decode()))
            with cursor.copy(
                "COPY streams_pendingevent (event_id, account_id, lane, received_at)"
                " FROM STDIN"
            ) as copy:
                for number, record in numbered:
                    copy.write_row((number, self.account.pk, lane_of(record), at))

    def work(self) -> int:
        """Apply all that is pending, lane after lane; returns how many events."""
        done = 0
        for lane in range(settings.PIPELINE_LANES):
            while (batch := process(self.account.pk, lane)).lane is Lane.WORKED:
                done += batch.events
        return done
