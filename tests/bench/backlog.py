"""A backlog of due profiles: whether it drains evenly, and events come through.

Everything runs as `manage.py up` starts it. The profiles are put straight into the
tables, as members whose time came while nothing ran.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, LiteralString

import psycopg

from lyticsapp.local.home import Home
from segments.definitions.lock import LOCK_CLASS
from tests.bench.figures import Figure, Finding
from tests.bench.latency import EVENTS_PER_S, Load, begin, latencies, wait_for
from tests.installation import Installation
from tests.receiver import Receiver
from tests.waiting import wait_until

EVEN_AIM = 0.8
EVENTS_AIM = 4
SHARE = 0.2
LOOK_EVERY_S = 0.5
DRAIN_TIMEOUT_S = 600
SEGMENT = 'FILTER last_seen_at > "now-90d" FROM user ALIAS bench_seen'

# One a millisecond, the last an hour ago: all of them are due.
_PUT = """
WITH whose AS (
    SELECT s.account_id, s.id AS segment_id, n,
           date_trunc('second', now() - interval '1 hour')
           - n * interval '1 millisecond' AS due_at
    FROM definitions_segment s, generate_series(1, %(count)s) n
    WHERE s.slug = 'bench_seen'),
put AS (
    INSERT INTO profiles_profile
           (account_id, fields, stamps, segment_ids, created_at, modified_at, dues,
            due_at)
    SELECT account_id,
           (SELECT jsonb_object_agg('field_' || f, md5(n::text || f))
            FROM generate_series(1, 29) f)
           || jsonb_build_object('last_seen_at', to_char(
                due_at AT TIME ZONE 'UTC' - interval '90 days',
                'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
           '{}', ARRAY[segment_id], due_at, due_at,
           convert_to(format('[%%s,%%s]', segment_id,
               extract(epoch FROM date_trunc('second', due_at))::bigint * 1000000),
               'UTF8'),
           date_trunc('second', due_at)
    FROM whose ORDER BY n
    RETURNING id, account_id, segment_ids[1] AS segment_id, created_at)
INSERT INTO membership_membership
       (profile_id, segment_id, account_id, entered_at)
SELECT id, segment_id, account_id, created_at - interval '90 days' FROM put
"""
# They are put a millisecond apart, and drained in order.
_LEFT = """
SELECT coalesce(1000 * (1 + extract(epoch FROM max(due_at) - min(due_at))), 0)::int
FROM profiles_profile
WHERE account_id = (SELECT account_id FROM definitions_segment
                    WHERE slug = 'bench_seen')
"""


@dataclass(frozen=True, slots=True)
class Size:
    profiles: int
    seconds: int


FULL = Size(profiles=1_000_000, seconds=15)
REDUCED = Size(profiles=200_000, seconds=4)


def measure(home: Home, size: Size) -> Finding:
    with (
        Receiver() as receiver,
        Installation(Home(path=home.path / "up")) as installation,
        _database(installation) as database,
    ):
        load = begin(installation, receiver)
        alone = _run(load, receiver, size)
        with _held(database):
            _put(database, size)
        drain = _Drain(database, size)
        drain.start()
        beside = _run(load, receiver, size)
        assert drain.is_alive(), "the backlog was drained before the load was over"
        drain.join(DRAIN_TIMEOUT_S)
        code, said = installation.manage("verify", timeout=600)
        assert code == 0, said
    first, last = drain.rates()
    return Finding(
        figures=[
            Figure(
                what=f"backlog of {size.profiles:,} due profiles, the last fifth",
                measured=last,
                floor=first,
                unit="profiles/s",
                aim=EVEN_AIM,
                at_least=True,
            ),
            Figure(
                what="collect to webhook beside the backlog, median",
                measured=median(beside) * 1000,
                floor=median(alone) * 1000,
                unit="ms",
                aim=EVENTS_AIM,
                at_least=False,
            ),
        ],
        sizes=(
            f"{size.profiles:,} profiles of 30 fields, each a member that leaves,"
            f" drained at {size.profiles / drain.took:,.0f}/s in {drain.took:.0f} s;"
            f" {EVENTS_PER_S} events/s for {size.seconds} s of it, the slowest taking"
            f" {max(beside) * 1000:,.0f} ms, without the backlog"
            f" {max(alone) * 1000:,.0f} ms"
        ),
        how=(
            "Everything runs as `manage.py up` starts it, on the same machine."
            " Floors: the first fifth; the same events before the backlog came."
            " Afterwards `manage.py verify` finds nothing."
        ),
    )


def _run(load: Load, receiver: Receiver, size: Size) -> list[float]:
    load.sent.clear()
    receiver.received.clear()
    load.run(size.seconds)
    wait_for(load, receiver)
    return latencies(load, receiver)


@contextmanager
def _database(installation: Installation) -> Iterator[psycopg.Connection[Any]]:
    """The installation's database, with the field and the segment in place."""
    server = installation.postgres()
    assert server is not None
    with psycopg.connect(server.url(), autocommit=True) as database:
        seen = {"user_id": "seen", "last_seen_at": "2020-01-01T00:00:00Z"}
        installation.api("POST", "/collect/json/bench", seen)
        known = "SELECT 1 FROM profiles_field WHERE name = 'last_seen_at'"
        wait_until(
            lambda: database.execute(known).fetchone(), timeout=60, what="the field"
        )
        installation.api("POST", "/api/segment", SEGMENT)
        walked = "SELECT NOT EXISTS (SELECT FROM definitions_recompute)"
        wait_until(lambda: _value(database, walked), timeout=60, what="the segment")
        yield database


@contextmanager
def _held(database: psycopg.Connection[Any]) -> Iterator[None]:
    """Nobody evaluates anything meanwhile."""
    account = "SELECT account_id FROM definitions_segment WHERE slug = 'bench_seen'"
    account_id = _value(database, account)
    keys = (LOCK_CLASS, account_id)
    database.execute("SELECT pg_advisory_lock(%s, %s)", keys)
    yield
    database.execute("SELECT pg_advisory_unlock(%s, %s)", keys)


def _put(database: psycopg.Connection[Any], size: Size) -> None:
    # What refers to what is right as it is; checking it takes most of the time.
    database.execute("SET session_replication_role TO replica")
    database.execute(_PUT, {"count": size.profiles})
    database.execute("VACUUM (ANALYZE) profiles_profile, membership_membership")


def _value(database: psycopg.Connection[Any], query: LiteralString) -> Any:
    row = database.execute(query).fetchone()
    assert row is not None
    return row[0]


class _Drain(threading.Thread):
    """Watches the backlog drain, by how many of it have been looked at."""

    def __init__(self, database: psycopg.Connection[Any], size: Size) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._size = size
        self._seen: list[tuple[float, int]] = [(0.0, 0)]

    @property
    def took(self) -> float:
        return self._seen[-1][0]

    def run(self) -> None:
        began = time.perf_counter()
        left = self._size.profiles
        while left:
            left = self._left()
            done = self._size.profiles - left
            self._seen.append((time.perf_counter() - began, done))
            time.sleep(LOOK_EVERY_S)

    def rates(self) -> tuple[float, float]:
        """Profiles a second in the first share of the backlog, and in the last."""
        share = int(self._size.profiles * SHARE)
        total = self._size.profiles
        first = share / self._when(share)
        return first, share / (self.took - self._when(total - share))

    def _left(self) -> int:
        left: int = _value(self._database, _LEFT)
        return min(left, self._size.profiles)

    def _when(self, done: int) -> float:
        """When so many had been looked at, between the two times around."""
        place = bisect_left(self._seen, done, key=lambda seen: seen[1])
        (before, less), (after, more) = self._seen[place - 1], self._seen[place]
        return before + (after - before) * (done - less) / (more - less)
