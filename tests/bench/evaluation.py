"""How fast filters are evaluated, beside the same written by hand in Python."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

from lyticsapp.local.home import Home
from segments.filterql import compile_filter, parse_filter
from tests.bench.figures import Figure, Finding
from tests.bench.handwritten import COUNTRIES, KINDS, PLANS, TAGS, Matches

AIM = 1.25
SEED = 3
VARIANTS = 10
MISSING_SHARE = 0.15
AT_A_TIME = 50
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Size:
    profiles: int
    rounds: int


FULL = Size(profiles=2_000, rounds=9)
REDUCED = Size(profiles=500, rounds=5)


def measure(home: Home, size: Size) -> Finding:
    pairs = [kind(number) for kind in KINDS for number in range(VARIANTS)]
    by_hand = [matches for _, matches in pairs]
    compiled = [
        compile_filter(parse_filter(f"FILTER {text}")).matches for text, _ in pairs
    ]
    profiles = people(size.profiles)
    check(compiled, by_hand, profiles)
    rounds = [_round(compiled, by_hand, profiles) for _ in range(size.rounds)]
    measured, floor = _median_round(rounds)
    evaluations = len(pairs) * len(profiles)
    return Finding(
        figures=[
            Figure(
                what="one evaluation of a filter of 4 conditions",
                measured=measured / evaluations * 1e9,
                floor=floor / evaluations * 1e9,
                unit="ns",
                aim=AIM,
                at_least=False,
            )
        ],
        sizes=(
            f"{len(pairs)} filters of 4 conditions over {len(profiles):,} profiles of"
            f" 30 fields, {size.rounds} rounds"
        ),
        how=(
            "Floor: the same filters written by hand as Python functions, which give"
            " the same answer for every profile. Processor time, a few profiles at a"
            " time in turn; the round whose ratio is the median is shown."
        ),
    )


def check(
    compiled: list[Matches], by_hand: list[Matches], profiles: list[dict[str, Any]]
) -> None:
    """Both give the same answers, and neither always the same one."""
    for number, (one, other) in enumerate(zip(compiled, by_hand, strict=True)):
        for profile in profiles:
            if one(profile, NOW) is not other(profile, NOW):
                raise AssertionError(f"filter {number} differs for {profile}")
    matched = sum(each(profile, NOW) for each in by_hand for profile in profiles)
    if not 0.02 < matched / len(by_hand) / len(profiles) < 0.5:
        raise AssertionError(f"{matched} matches are too few or too many")


def _round(
    compiled: list[Matches], by_hand: list[Matches], profiles: list[dict[str, Any]]
) -> tuple[float, float]:
    """The time of both, a few profiles at a time in turn."""
    measured = floor = 0.0
    for first in range(0, len(profiles), AT_A_TIME):
        some = profiles[first : first + AT_A_TIME]
        measured += _seconds(compiled, some)
        floor += _seconds(by_hand, some)
    return measured, floor


def _seconds(filters: list[Matches], profiles: list[dict[str, Any]]) -> float:
    start = process_time()
    for profile in profiles:
        for matches in filters:
            matches(profile, NOW)
    return process_time() - start


def _median_round(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    middle = statistics.median_low(measured / floor for measured, floor in rounds)
    return next(each for each in rounds if each[0] / each[1] == middle)


def people(count: int) -> list[dict[str, Any]]:
    """Profiles with their types applied, each without some of the fields."""
    chance = random.Random(SEED)
    makers = _fields(chance)
    return [
        {
            name: make()
            for name, make in makers.items()
            if chance.random() >= MISSING_SHARE
        }
        for _ in range(count)
    ]


def _fields(chance: random.Random) -> dict[str, Callable[[], Any]]:
    def within(days: float, ahead: float = 0) -> Callable[[], datetime]:
        return lambda: (
            NOW + timedelta(seconds=round(chance.uniform(-days, ahead) * 86400))
        )

    def up_to(most: int) -> Callable[[], int]:
        return lambda: chance.randint(0, most)

    def number(most: float) -> Callable[[], float]:
        return lambda: round(chance.uniform(0, most), 2)

    def one_of(*texts: str) -> Callable[[], str]:
        return lambda: chance.choice(texts)

    def some(*texts: str) -> Callable[[], list[str]]:
        return lambda: chance.sample(texts, chance.randint(0, 3))

    return {
        "plan": one_of(*PLANS),
        "country": one_of(*COUNTRIES),
        "city": lambda: f"c{chance.randint(0, 9)}ville",
        "language": one_of("en", "de", "fr", "sv", "pl"),
        "device": one_of("ios", "android", "web"),
        "source": one_of("ads", "search", "friend"),
        "campaign": lambda: f"2026-spring{chance.randint(0, 19)}-sale",
        "email": lambda: f"u{chance.random()}@example{chance.randint(0, 9)}.com",
        "name": lambda: f"User {chance.random()}",
        "url": lambda: f"https://shop{chance.randint(0, 9)}.example/x",
        "visits": up_to(120),
        "orders": up_to(15),
        "age": up_to(90),
        "level": up_to(12),
        "sessions": up_to(300),
        "referrals": up_to(8),
        "logins": up_to(500),
        "score": number(100),
        "total_spend": number(900),
        "rating": number(5),
        "average_basket": number(120),
        "last_login": within(60),
        "last_seen": within(5),
        "last_order": within(200),
        "signup": within(400),
        "trial_ends": within(10, 15),
        "unsubscribed_at": within(300),
        "tags": some(*TAGS),
        "interests": some("music", "sports", "art", "food"),
        "verified": lambda: chance.random() < 0.7,
    }
