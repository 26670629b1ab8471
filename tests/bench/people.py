"""Sample users of 30 fields, the events that change them, and 100 segments of them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

WORDS: dict[str, list[str]] = {
    "first_name": ["Ada", "Bo", "Cleo", "Dag", "Eve", "Finn", "Gro", "Hal"],
    "last_name": ["Abel", "Berg", "Cruz", "Diaz", "Ek", "Falk", "Gray"],
    "country": ["DE", "FR", "US", "GB", "IN", "BR", "JP", "NO", "SE", "ES"],
    "city": ["Berlin", "Lyon", "Boston", "Leeds", "Pune", "Recife", "Osaka"],
    "language": ["en", "de", "fr", "es", "pt", "ja"],
    "plan": ["free", "basic", "pro", "enterprise"],
    "company": ["Acme Corporation", "Globex", "Initech", "Umbrella", "Hooli"],
    "industry": ["retail", "travel", "media", "finance", "health", "games"],
    "device": ["phone", "tablet", "desktop"],
    "browser": ["chrome", "safari", "firefox", "edge"],
    "campaign": ["spring-sale", "summer-sale", "newsletter", "launch", "winback"],
    "referrer": [
        "https://www.google.com/search?q=shoes",
        "https://news.example.com/today/front-page",
        "https://www.facebook.com/groups/runners",
        "https://partner.example.net/offers/list?page=4",
    ],
}
COUNTS = ("visits", "pageviews", "orders", "sessions", "age", "credits", "tickets")
AMOUNTS = ("revenue", "lifetime_value", "momentum", "propensity")
FLAGS = ("subscribed", "verified")
DATES = ("signed_up_at", "last_seen_at", "last_order_at")
CHANGING = (*WORDS, *COUNTS, *AMOUNTS, *FLAGS, *DATES)

TEMPLATES = (
    'country = "{country}"',
    'AND (plan = "{plan}", country IN ("DE", "FR", "{country}"))',
    "visits > {low}",
    "AND (orders >= {low}, revenue > {high}.5)",
    'last_seen_at > "now-{days}d"',
    'AND (last_order_at < "now-{days}d", subscribed = true)',
    'AND (EXISTS company, industry = "{industry}")',
    'email LIKE "*{digit}@example.com"',
    "NOT (sessions >= {low})",
    'OR (campaign CONTAINS "{season}", referrer LIKE "*google*")',
    'AND (age BETWEEN {low} AND {high}, language = "{language}")',
    'AND (plan != "{plan}", pageviews > {high}, verified = true)',
    "momentum >= {high}.0",
    'AND (device = "{device}", browser IN ("chrome", "{browser}"))',
    "OR (lifetime_value > {high}.0, credits > {low})",
    'city IN ("{city}", "Oslo", "Rome")',
    'AND (signed_up_at > "now-{days}d", visits < {high})',
    'referrer CONTAINS "{season}"',
    "AND (tickets > {low}, NOT (subscribed = true))",
    "propensity < {low}.25",
)
PARAMETERS = 5


def filters() -> list[str]:
    """A hundred filters, each of one to three fields."""
    rng = random.Random(1)
    return [
        template.format(
            low=5 + 9 * number,
            high=30 + 14 * number,
            days=7 * (number + 1),
            digit=number,
            season=("spring", "summer", "winter", "news", "sale")[number],
            **{name: rng.choice(words) for name, words in WORDS.items()},
        )
        for template in TEMPLATES
        for number in range(PARAMETERS)
    ]


def person(number: int) -> dict[str, Any]:
    """All fields of a user, the same for the same number."""
    rng = random.Random(number)
    fields: dict[str, Any] = {
        "user_id": f"user-{number:07}",
        "email": f"user-{number:07}@example.com",
    }
    for name in CHANGING:
        fields[name] = _base(rng, name)
    return fields


def event(number: int, rng: random.Random, now: datetime) -> dict[str, Any]:
    """An event of a user: who it is, and three fields that have moved a little."""
    fields: dict[str, Any] = {"user_id": f"user-{number:07}"}
    for name in rng.sample(CHANGING, 3):
        fields[name] = _moved(random.Random(f"{number}{name}"), rng, name, now)
    return fields


def _base(rng: random.Random, name: str) -> Any:
    if name in WORDS:
        return rng.choice(WORDS[name])
    if name in COUNTS:
        return rng.randrange(100)
    if name in AMOUNTS:
        return round(rng.random() * 100, 2)
    if name in FLAGS:
        return rng.random() < 0.5
    return _date(
        datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=rng.randrange(9000))
    )


def _moved(own: random.Random, rng: random.Random, name: str, now: datetime) -> Any:
    """Near what is this user's own: few events move anyone over a filter's edge."""
    if name in DATES:
        return _date(now - timedelta(seconds=rng.randrange(86_400)))
    value = _base(own, name)
    if name in WORDS or name in FLAGS:
        return value if rng.random() < 0.7 else _base(rng, name)
    if name in AMOUNTS:
        return round(value + rng.random() * 2, 2)
    return value + rng.randrange(3)


def _date(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
