"""Events a second through one worker, beside a plain psycopg loop.

The loop does what no pipeline can do without: it stores the raw events by COPY,
locks, reads, changes and writes their profiles, and writes the messages by COPY,
a batch a transaction. It resolves no identity, orders nothing, knows no segments.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from django.conf import settings

from lyticsapp.local.home import Home
from subscriptions.models import Delivery
from tests.bench.account import BenchAccount
from tests.bench.figures import Figure, Finding

AIM = 0.5

_TABLES = """
CREATE TABLE bench_event (at timestamptz, body json);
CREATE TABLE bench_profile (id bigint PRIMARY KEY, fields jsonb);
CREATE TABLE bench_outbox (profile_id bigint, payload json);
INSERT INTO bench_profile SELECT id, fields FROM profiles_profile;
VACUUM ANALYZE bench_profile;
"""
_OWNERS = "SELECT value, profile_id FROM profiles_identity WHERE field = 'user_id'"
_LOCK = """
SELECT id, fields::text FROM bench_profile WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""
_UPDATE = """
UPDATE bench_profile p SET fields = d.fields::jsonb
FROM unnest(%s::bigint[], %s::text[]) AS d (id, fields) WHERE p.id = d.id
"""


@dataclass(frozen=True, slots=True)
class Size:
    profiles: int
    events: int
    rounds: int


FULL = Size(profiles=100_000, events=32_000, rounds=7)
REDUCED = Size(profiles=20_000, events=16_000, rounds=3)


def measure(home: Home, size: Size) -> Finding:
    account = BenchAccount()
    account.put_people(range(size.profiles))
    account.work()
    plain = PlainLoop()
    pairs, messages = [], 0
    for _ in range(size.rounds):
        events = account.events(size.events, size.profiles)
        told_before = _messages()
        worked = _pipeline_rate(account, events)
        told = _messages() - told_before
        pairs.append((worked, plain.rate(events, told)))
        messages += told
    measured, floor = sorted(pairs, key=_ratio)[size.rounds // 2]
    return Finding(
        figures=[
            Figure(
                what="events/s, one worker",
                measured=measured,
                floor=floor,
                unit="events/s",
                aim=AIM,
                at_least=True,
            )
        ],
        sizes=(
            f"{size.profiles:,} profiles of 30 fields, 100 segments of which 10 are"
            f" told to a subscription, {size.rounds} rounds of {size.events:,} events"
            f" of an identity and three fields,"
            f" {messages / size.rounds / size.events:.2f} messages an event"
        ),
        how=(
            "Floor: one psycopg loop that stores raw events by COPY, locks, reads,"
            " changes and writes the profiles, and writes as many messages by COPY,"
            f" {settings.PIPELINE_BATCH_EVENTS} events a transaction. Round by round"
            " in turn; the round whose ratio is the median is shown."
        ),
    )


def _ratio(pair: tuple[float, float]) -> float:
    return pair[0] / pair[1]


def _messages() -> int:
    return Delivery.across_accounts.count()


def _pipeline_rate(account: BenchAccount, events: list[dict[str, Any]]) -> float:
    account.put(events)
    began = time.perf_counter()
    done = account.work()
    took = time.perf_counter() - began
    assert done == len(events)
    return done / took


class PlainLoop:
    """The floor: profiles and messages with nothing around them."""

    def __init__(self) -> None:
        self._connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        for statement in _TABLES.split(";\n"):
            if statement.strip():
                self._connection.execute(statement)
        self._owners: dict[str, int] = dict(
            self._connection.execute(_OWNERS).fetchall()
        )
        self._connection.autocommit = False

    def rate(self, events: list[dict[str, Any]], messages: int) -> float:
        """Events a second, for as many messages in all."""
        batch = settings.PIPELINE_BATCH_EVENTS
        bodies = [orjson.dumps(event).decode() for event in events]
        began = time.perf_counter()
        for start in range(0, len(events), batch):
            chunk = slice(start, start + batch)
            share = messages * min(batch, len(events) - start) // len(events)
            self._batch(events[chunk], bodies[chunk], share)
        return len(events) / (time.perf_counter() - began)

    def _batch(
        self, events: list[dict[str, Any]], bodies: list[str], messages: int
    ) -> None:
        with self._connection.cursor() as cursor:
            with cursor.copy("COPY bench_event (at, body) FROM STDIN") as copy:
                for body in bodies:
                    copy.write_row(("now", body))
            ids = sorted({self._owners[event["user_id"]] for event in events})
            cursor.execute(_LOCK, (ids,))
            profiles = {row[0]: orjson.loads(row[1]) for row in cursor}
            for event in events:
                profiles[self._owners[event["user_id"]]].update(event)
            texts = [orjson.dumps(fields).decode() for fields in profiles.values()]
            cursor.execute(_UPDATE, (list(profiles), texts))
            with cursor.copy(
                "COPY bench_outbox (profile_id, payload) FROM STDIN"
            ) as copy:
                for number in range(messages):
                    which = number % len(texts)
                    copy.write_row((ids[which], texts[which]))
        self._connection.commit()
