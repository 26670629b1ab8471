"""Sample users of 30 fields, the events that change them, and 100 segments of them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

WORDS: dict[str, list[str]] = {
    "first_name": ["Ada", "Bo", "Cleo", "Dag", "Eve", "Finn", "Gro", "Hal"],
    "last_name": ["Abel", "Berg", "Cruz", "Diaz", "Ek", "Falk", "Gray"],
    "country": ["DE", "FR", "US", "GB", "IN", "BR", "JP", "NO", "SE", "ES"],
    "city": ["Berlin", "Lyon", "Boston", "Leeds", "Pune", "Recife", "Osaka"],
    "language": ["en", "de", "fr", "es", "pt", "ja"],
    "plan": ["free", "basic", "pro", "enterprise"],
    "company": [
        "Acme Corporation, 12 Long Road, 10115 Berlin, Germany",
        "Globex and Sons Limited, 4 Harbour View, Leeds LS1 4AP",
        "Initech Holdings, 4120 Freidrich Lane, Austin, TX 78744",
    ],
    "industry": ["retail", "travel", "media", "finance", "health", "games"],
    "device": ["phone", "tablet", "desktop"],
    "browser": ["chrome", "safari", "firefox", "edge"],
    "campaign": [
        "2026-spring-sale/email/first-purchase/variant-b/control-group",
        "2026-summer-sale/social/returning/variant-a/treatment-group",
        "newsletter/weekly/number-31/footer-link/no-control-group",
        "winter-launch/partner/first-visit/variant-c/treatment-group",
    ],
    "referrer": [
        "https://www.google.com/search?q=running+shoes+for+long+distances&client=web",
        "https://news.example.com/2026/today/front-page/sport/marathon-runners-say",
        "https://www.facebook.com/groups/runners/permalink/1029384756/?ref=share",
        "https://partner.example.net/offers/list?page=4&sort=popular&season=winter",
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


def person(number: int, now: datetime) -> dict[str, Any]:
    """All fields of a user, the same for the same number and time."""
    fields: dict[str, Any] = {
        "user_id": f"user-{number:07}",
        "email": f"user-{number:07}@example.com",
    }
    for name in CHANGING:
        fields[name] = _base(_own(number, name), name, now)
    return fields


def event(number: int, rng: random.Random, now: datetime) -> dict[str, Any]:
    """An event of a user: who it is, and three fields that have moved a little."""
    fields: dict[str, Any] = {"user_id": f"user-{number:07}"}
    for name in rng.sample(CHANGING, 3):
        fields[name] = _moved(_own(number, name), rng, name, now)
    return fields


def _own(number: int, name: str) -> random.Random:
    """What gives a user their own value of a field, time and again."""
    return random.Random(f"{number} {name}")


def _base(rng: random.Random, name: str, now: datetime) -> Any:
    if name in WORDS:
        return rng.choice(WORDS[name])
    if name in COUNTS:
        return rng.randrange(100)
    if name in AMOUNTS:
        return round(rng.random() * 100, 2)
    if name in FLAGS:
        return rng.random() < 0.5
    return _date(now - timedelta(hours=rng.randrange(60 * 24)))


def _moved(own: random.Random, rng: random.Random, name: str, now: datetime) -> Any:
    """Near what is this user's own: few events move anyone over a filter's edge."""
    if name in DATES:
        return _base(own, name, now + timedelta(seconds=rng.randrange(3600)))
    if name in WORDS or name in FLAGS:
        return _base(own if rng.random() < 0.9 else rng, name, now)
    value = _base(own, name, now)
    if name in AMOUNTS:
        return round(value + rng.random() * 2, 2)
    return value + rng.randrange(3)


def _date(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
