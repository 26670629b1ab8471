"""Events a second with ten thousand segments, beside the same with a hundred."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lyticsapp.local.home import Home
from segments.membership.models import Membership, Movement
from tests.bench.account import BenchAccount
from tests.bench.figures import Figure, Finding

AIM = 2.0
MANY, FEW = 10_000, 100
FIELDS = 200
CONDITIONS = 500
OWN_FIELDS = 40
CHANGED = 3
WORDS = [f"word{number}" for number in range(40)]


@dataclass(frozen=True, slots=True)
class Size:
    profiles: int
    events: int
    rounds: int


FULL = Size(profiles=20_000, events=16_000, rounds=7)
REDUCED = Size(profiles=5_000, events=6_000, rounds=3)


def measure(home: Home, size: Size) -> Finding:
    still, still_sizes = _figure(size, "", timed=False)
    timed, timed_sizes = _figure(
        size, ", a tenth of the conditions on the clock", timed=True
    )
    return Finding(
        figures=[still, timed],
        sizes=(
            f"{size.profiles:,} profiles with {OWN_FIELDS} of {FIELDS} fields, segments"
            f" of 3 out of {CONDITIONS} conditions, {size.rounds} rounds of"
            f" {size.events:,} events that change {CHANGED} fields; {still_sizes};"
            f" with the clock {timed_sizes}"
        ),
        how=f"Floor: the same events with {FEW} segments, one worker, in turn.",
    )


def _figure(size: Size, suffix: str, *, timed: bool) -> tuple[Figure, str]:
    conditions = list(_conditions(timed=timed))
    many = _Side(_filters(conditions, MANY), size)
    few = _Side(_filters(conditions, FEW), size)
    pairs = [
        (many.seconds(number), few.seconds(number)) for number in range(size.rounds)
    ]
    measured, floor = sorted(pairs, key=lambda pair: pair[0] / pair[1])[
        size.rounds // 2
    ]
    figure = Figure(
        what=f"µs an event, {MANY:,} segments{suffix}",
        measured=measured / size.events * 1e6,
        floor=floor / size.events * 1e6,
        unit="µs",
        aim=AIM,
        at_least=False,
    )
    return figure, (
        f"{many.memberships():.0f} segments a profile and {many.moves():.2f} moves an"
        f" event, with {FEW} {few.memberships():.1f} and {few.moves():.2f}"
    )


class _Side:
    """An account with its segments, and the same users and events as the other."""

    def __init__(self, filters: list[str], size: Size) -> None:
        self._size = size
        self._account = BenchAccount(filters=filters)
        self._people = [_Person(number) for number in range(size.profiles)]
        self._account.put(person.begin() for person in self._people)
        self._account.work()
        self._began_with = self._moved()
        self._rounds = 0

    def seconds(self, seed: int) -> float:
        rng = random.Random(seed)
        people = (rng.choice(self._people) for _ in range(self._size.events))
        self._account.put(person.change(rng) for person in people)
        began = time.perf_counter()
        done = self._account.work()
        took = time.perf_counter() - began
        assert done == self._size.events
        self._rounds += 1
        return took

    def memberships(self) -> float:
        """How many segments a profile is in."""
        current = Membership.objects.for_account(self._account.account)
        return current.filter(left_at=None).count() / self._size.profiles

    def moves(self) -> float:
        """How many segments an event moved a user into or out of."""
        events = self._rounds * self._size.events
        return (self._moved() - self._began_with) / events

    def _moved(self) -> int:
        rows = Movement.objects.for_account(self._account.account)
        return sum(sum(row.entered) + sum(row.exited) for row in rows.iterator())


class _Person:
    """A user with some of the fields, whose values wander a little."""

    def __init__(self, number: int) -> None:
        rng = random.Random(number)
        self._id = f"user-{number:06}"
        self._values: dict[str, Any] = {
            f"f{field}": _value(field, rng)
            for field in rng.sample(range(FIELDS), OWN_FIELDS)
        }

    def begin(self) -> dict[str, Any]:
        return {"user_id": self._id, **self._values}

    def change(self, rng: random.Random) -> dict[str, Any]:
        names = rng.sample(sorted(self._values), CHANGED)
        changed = {name: _moved(name, self._values[name], rng) for name in names}
        self._values.update(changed)
        return {"user_id": self._id, **changed}


def _kind(field: int) -> str:
    return "date" if field % 10 == 0 else "word" if field % 2 else "number"


def _value(field: int, rng: random.Random) -> Any:
    match _kind(field):
        case "number":
            return rng.randrange(1000)
        case "word":
            return f"{rng.choice(WORDS)}-{rng.randrange(10_000)}"
    return _date(datetime.now(UTC) - timedelta(hours=rng.randrange(60 * 24)))


def _moved(name: str, value: Any, rng: random.Random) -> Any:
    """Another value near by: few events move anyone over a condition's edge."""
    match _kind(int(name[1:])):
        case "number":
            return value + rng.choice((-3, -2, -1, 1, 2, 3))
        case "word" if rng.random() < 0.9:
            return f"{value.partition('-')[0]}-{rng.randrange(10_000)}"
        case "date":
            return _date(datetime.fromisoformat(value) + timedelta(minutes=17))
    return _value(int(name[1:]), rng)


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _conditions(*, timed: bool) -> Iterator[str]:
    now = datetime.now(UTC)
    rng = random.Random(5)
    for number in range(CONDITIONS):
        field = number % FIELDS
        match _kind(field):
            case "number":
                sign = rng.choice((">", "<", ">=", "<="))
                yield f"f{field} {sign} {rng.randrange(1000)}"
            case "word":
                word = rng.choice(WORDS)
                yield rng.choice(
                    (
                        f'f{field} LIKE "{word}-*"',
                        f'f{field} CONTAINS "{word}-"',
                        f'f{field} LIKE "*{word[-1]}-*"',
                    )
                )
            case _:
                days = rng.randrange(1, 60)
                fixed = _date(now - timedelta(days=days))
                yield f'f{field} > "{f"now-{days}d" if timed else fixed}"'


def _filters(conditions: list[str], count: int) -> list[str]:
    rng = random.Random(6)
    return [
        f"{'OR' if rng.random() < 0.05 else 'AND'} ({', '.join(rng.sample(conditions, 3))})"
        for _ in range(count)
    ]
