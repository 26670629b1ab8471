"""Sample users and a month of their events: the same each time.

Only the date moves: the month ends at midnight today, so that events are
neither in the future nor older than what is kept.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SEED = 20
DAYS = 30
USERS = 200
BIG_SPENDER = 500

FIRST_NAMES = (
    *("Ada", "Ben", "Cleo", "Dev", "Elif", "Finn", "Gita", "Hugo", "Ines", "Jun"),
    *("Kofi", "Lena", "Mara", "Nils", "Omar", "Pia", "Quinn", "Rosa", "Sami"),
    *("Tara", "Uma", "Vera", "Wim", "Xenia", "Yusuf", "Zoe"),
)
LAST_NAMES = ("Abe", "Berg", "Cruz", "Diaz", "Eden", "Ford", "Gale", "Hall", "Iyer")
COUNTRIES = ("AT", "BR", "DE", "FR", "GB", "IN", "JP", "KE", "US")
PAGES = ("/", "/pricing", "/features", "/blog", "/docs", "/signup", "/account")


@dataclass(frozen=True)
class Batch:
    """Events of one stream, as one collect call takes them."""

    stream: str
    events: list[dict[str, Any]]


@dataclass(frozen=True)
class Person:
    """A sample user, with what the month leaves behind."""

    user_id: str
    email: str
    name: str
    country: str
    paying: bool
    lifetime_value: int

    @property
    def is_big_spender(self) -> bool:
        return self.paying and self.lifetime_value > BIG_SPENDER


def people() -> list[Person]:
    """Everyone; the first three are those whom the demo moves."""
    rng = random.Random(SEED)  # noqa: S311 - sample data, not secrets
    cast = [
        _person(0, paying=False, lifetime_value=0, country="GB"),
        _person(1, paying=True, lifetime_value=180, country="DE"),
        _person(2, paying=False, lifetime_value=0, country="FR"),
    ]
    crowd = [
        _person(
            number,
            paying=(paying := rng.random() < 0.4),
            lifetime_value=rng.randrange(20, 900) if paying else 0,
            country=rng.choice(COUNTRIES),
        )
        for number in range(len(cast), USERS)
    ]
    return cast + crowd


def batches(*, size: int = 500, today: datetime | None = None) -> Iterator[Batch]:
    """The month's events in the order of their times, in calls of `size`."""
    now = today or datetime.now(UTC)
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rng = random.Random(SEED + 1)  # noqa: S311 - sample data, not secrets
    everything: list[tuple[str, dict[str, Any]]] = []
    for person in people():
        everything += _month_of(person, start=end - timedelta(days=DAYS), rng=rng)
    by_stream: dict[str, list[dict[str, Any]]] = {}
    for stream, event in sorted(everything, key=lambda pair: str(pair[1]["at"])):
        waiting = by_stream.setdefault(stream, [])
        waiting.append(event)
        if len(waiting) == size:
            yield Batch(stream=stream, events=by_stream.pop(stream))
    for stream, rest in by_stream.items():
        yield Batch(stream=stream, events=rest)


def _person(number: int, *, paying: bool, lifetime_value: int, country: str) -> Person:
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]
    return Person(
        user_id=f"user{number + 1:03}",
        email=f"{first}.{last}.{number + 1}@example.com".lower(),
        name=f"{first} {last}",
        country=country,
        paying=paying,
        lifetime_value=lifetime_value,
    )


def _month_of(
    person: Person, *, start: datetime, rng: random.Random
) -> list[tuple[str, dict[str, Any]]]:
    """Signed up, looked around, and for some: paid and bought."""
    signed_up = start + timedelta(minutes=rng.randrange(60, 5 * 24 * 60))
    events = [("crm", _signup(person, at=signed_up))]
    for _ in range(rng.randrange(10, 40)):
        visit = {"user_id": person.user_id, "page": rng.choice(PAGES)}
        events.append(("web", visit | _at(_later(signed_up, start, rng))))
    if person.paying:
        events += _orders(person, signed_up=signed_up, start=start, rng=rng)
    return events


def _signup(person: Person, *, at: datetime) -> dict[str, Any]:
    return {
        "user_id": person.user_id,
        "email": person.email,
        "name": person.name,
        "country": person.country,
        "paying_user": "f",
        "lifetime_value": 0,
    } | _at(at)


def _orders(
    person: Person, *, signed_up: datetime, start: datetime, rng: random.Random
) -> list[tuple[str, dict[str, Any]]]:
    """Orders that add up to the person's lifetime value."""
    times = sorted(_later(signed_up, start, rng) for _ in range(rng.randrange(1, 5)))
    total = 0
    events: list[tuple[str, dict[str, Any]]] = []
    for number, at in enumerate(times, 1):
        total = person.lifetime_value * number // len(times)
        order = {
            "user_id": person.user_id,
            "paying_user": "t",
            "lifetime_value": total,
            "last_order": {"id": f"{person.user_id}-{number}", "items": number},
        }
        events.append(("orders", order | _at(at)))
    return events


def _later(signed_up: datetime, start: datetime, rng: random.Random) -> datetime:
    end = start + timedelta(days=DAYS)
    seconds = int((end - signed_up).total_seconds())
    return signed_up + timedelta(seconds=rng.randrange(1, seconds))


def _at(at: datetime) -> dict[str, str]:
    return {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
