"""Profiles a second that a recompute walks over, and that the clock makes due."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
import psycopg
import time_machine

from lyticsapp.accounts.audit import SYSTEM
from lyticsapp.local.home import Home
from segments.definitions import delete
from segments.definitions.models import Segment
from segments.definitions.upsert import upsert_from_text
from segments.membership.models import Membership
from segments.membership.tasks import sweep_deleted_segments
from segments.pipeline.due import evaluate_due
from segments.pipeline.recompute import Walk, walk
from tests.bench.account import BenchAccount
from tests.bench.figures import Figure, Finding

RECOMPUTE_AIM = 0.4
DUE_AIM = 0.3
RECOMPUTED = 'AND (country = "DE", plan = "pro", visits > 10)'
ACTIVE = 'last_seen_at > "now-90d"'
_COPY = "COPY (SELECT id, fields FROM profiles_profile) TO STDOUT"
_VACUUM = "VACUUM ANALYZE profiles_profile"


@dataclass(frozen=True, slots=True)
class Size:
    profiles: int
    rounds: int


FULL = Size(profiles=200_000, rounds=3)
REDUCED = Size(profiles=40_000, rounds=3)


def measure(home: Home, size: Size) -> Finding:
    account = BenchAccount(filters=[])
    account.put_people(range(size.profiles))
    account.work()
    _vacuum()
    pairs = [
        (_recompute_rate(account, size), _floor_rate(size)) for _ in range(size.rounds)
    ]
    recomputed, floor = sorted(pairs, key=lambda pair: pair[0] / pair[1])[
        size.rounds // 2
    ]
    share = Membership.across_accounts.count() / size.profiles
    turns = [_due_rates(account, size) for _ in range(size.rounds)]
    due, moving = sorted(turns)[size.rounds // 2]
    return Finding(
        figures=[
            Figure(
                what="profiles/s recomputed for a segment, one worker",
                measured=recomputed,
                floor=floor,
                unit="profiles/s",
                aim=RECOMPUTE_AIM,
                at_least=True,
            ),
            Figure(
                what="due profiles evaluated/s, one worker",
                measured=due,
                floor=recomputed,
                unit="profiles/s",
                aim=DUE_AIM,
                at_least=True,
            ),
            Figure(
                what="the same, beside a recompute that moves as many",
                measured=due,
                floor=moving,
                unit="profiles/s",
                aim=DUE_AIM,
                at_least=True,
            ),
        ],
        sizes=f"{size.profiles:,} profiles of 30 fields",
        how=(
            f"Recompute: a new segment, `{RECOMPUTED}`, which"
            f" {share:.1%} of the profiles are in; floor: COPY of"
            " the same rows out and orjson decoding, in turn. Due: `"
            f"{ACTIVE}`, which every profile is in and leaves, so that each is written;"
            " floors: the recompute, which writes few, and the one by which they all"
            " entered."
        ),
    )


def _vacuum() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(_VACUUM)


def _floor_rate(size: Size) -> float:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        began = time.perf_counter()
        with connection.cursor().copy(_COPY) as copy:
            copy.set_types(["int8", "text"])
            for _, fields in copy.rows():
                orjson.loads(fields)
        return size.profiles / (time.perf_counter() - began)


def _recompute_rate(account: BenchAccount, size: Size) -> float:
    _forget(account)
    began = time.perf_counter()
    _walk(account, RECOMPUTED)
    return size.profiles / (time.perf_counter() - began)


def _due_rates(account: BenchAccount, size: Size) -> tuple[float, float]:
    """Of due profiles, all of whom leave; and of the walk by which they entered."""
    _forget(account)
    began = time.perf_counter()
    _walk(account, ACTIVE)
    moving = size.profiles / (time.perf_counter() - began)
    _vacuum()
    later = datetime.now(UTC) + timedelta(days=200)
    with time_machine.travel(later):
        began = time.perf_counter()
        since = evaluate_due(account.account.pk)
        while since is not None:
            since = evaluate_due(account.account.pk, since)
        took = time.perf_counter() - began
    assert not Membership.across_accounts.filter(left_at=None).exists()
    return size.profiles / took, moving


def _walk(account: BenchAccount, text: str) -> None:
    segment, _ = upsert_from_text(
        account.account, f"FILTER {text} FROM user ALIAS walked", SYSTEM
    )
    while walk(account.account.pk, segment.pk) is not Walk.ENDED:
        pass


def _forget(account: BenchAccount) -> None:
    """Delete the segment walked over before, and the record of who was in it."""
    for segment in Segment.objects.for_account(account.account):
        delete.delete(segment, SYSTEM)
    sweep_deleted_segments()
