"""Filters beside the Python functions that a person would write in their place.

Each function here gives a filter in FilterQL and the same in Python; `n` varies the
constants. A field may be missing, and is asked for its type before it is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

Fields = Mapping[str, Any]
Matches = Callable[[Fields, datetime], bool]
Pair = tuple[str, Matches]

NUMBER = (int, float)
PLANS = ("free", "basic", "pro", "team", "enterprise")
COUNTRIES = ("DE", "FR", "US", "GB", "JP", "BR", "IN", "SE", "PL", "ES")
TAGS = ("vip", "beta", "churned", "newsletter", "partner")


def paying_and_active(n: int) -> Pair:
    plan, visits, span = PLANS[n % 5], 10 * n, timedelta(days=7 + n)
    text = (
        f'AND (plan == "{plan}", visits > {visits},'
        f' last_login > "now-{7 + n}d", EXISTS email)'
    )

    def matches(fields: Fields, now: datetime) -> bool:
        return (
            fields.get("plan") == plan
            and isinstance(count := fields.get("visits"), NUMBER)
            and count > visits
            and isinstance(seen := fields.get("last_login"), datetime)
            and seen > now - span
            and fields.get("email") is not None
        )

    return text, matches


def about_to_leave(n: int) -> Pair:
    span, score = timedelta(days=20 + 5 * n), 20 + n
    plans = frozenset(PLANS[n % 5 :])
    named = ", ".join(f'"{plan}"' for plan in PLANS[n % 5 :])
    text = (
        f'AND (last_login < "now-{20 + 5 * n}d", plan IN ({named}),'
        f' score <= {score}.5, NOT (tags CONTAINS "churned"))'
    )

    def matches(fields: Fields, now: datetime) -> bool:
        seen = fields.get("last_login")
        if not isinstance(seen, datetime) or not seen < now - span:
            return False
        if fields.get("plan") not in plans:
            return False
        value = fields.get("score")
        if not isinstance(value, NUMBER) or value > score + 0.5:
            return False
        tags = fields.get("tags")
        return not (isinstance(tags, list) and any("churned" in t for t in tags))

    return text, matches


def big_baskets(n: int) -> Pair:
    total, orders, end = 200.0 + 50 * n, 3 + n, f"@example{n}.com"
    text = (
        f"AND (total_spend >= {total + 0.25}, orders > {orders},"
        f' email LIKE "*{end}", country != "US")'
    )

    def matches(fields: Fields, now: datetime) -> bool:
        spent, count = fields.get("total_spend"), fields.get("orders")
        return (
            isinstance(spent, NUMBER)
            and spent >= total + 0.25
            and isinstance(count, NUMBER)
            and count > orders
            and isinstance(email := fields.get("email"), str)
            and email.endswith(end)
            and fields.get("country") != "US"
        )

    return text, matches


def from_a_campaign(n: int) -> Pair:
    part, countries = f"spring{n}", frozenset(COUNTRIES[n % 7 : n % 7 + 4])
    named = ", ".join(f'"{country}"' for country in COUNTRIES[n % 7 : n % 7 + 4])
    text = (
        f'OR (campaign LIKE "*{part}*", AND (source == "ads", country IN ({named})),'
        f" level > {n + 6})"
    )

    def matches(fields: Fields, now: datetime) -> bool:
        campaign = fields.get("campaign")
        if isinstance(campaign, str) and part in campaign:
            return True
        if fields.get("source") == "ads" and fields.get("country") in countries:
            return True
        level = fields.get("level")
        return isinstance(level, NUMBER) and level > n + 6

    return text, matches


def new_but_keen(n: int) -> Pair:
    since, visits, rating = timedelta(days=30 * (n + 1)), 5 + n, 3.5
    text = (
        f'AND (signup > "now-{30 * (n + 1)}d", visits >= {visits},'
        f" OR (rating > {rating}, referrals > {n}))"
    )

    def matches(fields: Fields, now: datetime) -> bool:
        begun, count = fields.get("signup"), fields.get("visits")
        if not isinstance(begun, datetime) or not begun > now - since:
            return False
        if not isinstance(count, NUMBER) or count < visits:
            return False
        stars = fields.get("rating")
        if isinstance(stars, NUMBER) and stars > rating:
            return True
        friends = fields.get("referrals")
        return isinstance(friends, NUMBER) and friends > n

    return text, matches


def not_quite_there(n: int) -> Pair:
    orders, plan, age = n + 1, PLANS[n % 5], 18 + n
    text = (
        f'AND (NOT (orders > {orders}), NOT (plan == "{plan}"),'
        f" age >= {age}, EXISTS last_order)"
    )

    def matches(fields: Fields, now: datetime) -> bool:
        count = fields.get("orders")
        if isinstance(count, NUMBER) and count > orders:
            return False
        if fields.get("plan") == plan:
            return False
        years = fields.get("age")
        return (
            isinstance(years, NUMBER)
            and years >= age
            and fields.get("last_order") is not None
        )

    return text, matches


def tagged(n: int) -> Pair:
    tag, start, low = TAGS[n % 5], f"c{n}", 5 * n
    text = (
        f'tags CONTAINS "{tag}" AND city LIKE "{start}*"'
        f' AND age BETWEEN {low} AND {low + 40} AND language == "en"'
    )

    def matches(fields: Fields, now: datetime) -> bool:
        tags = fields.get("tags")
        return (
            isinstance(tags, list)
            and any(tag in text for text in tags)
            and isinstance(city := fields.get("city"), str)
            and city.startswith(start)
            and isinstance(years := fields.get("age"), NUMBER)
            and low < years < low + 40
            and fields.get("language") == "en"
        )

    return text, matches


def trial_ends(n: int) -> Pair:
    near = timedelta(days=3 + n)
    text = (
        f'AND (trial_ends > "now", trial_ends < "now+{3 + n}d",'
        f' plan != "enterprise", verified == true)'
    )

    def matches(fields: Fields, now: datetime) -> bool:
        ends = fields.get("trial_ends")
        return (
            isinstance(ends, datetime)
            and now < ends < now + near
            and fields.get("plan") != "enterprise"
            and fields.get("verified") is True
        )

    return text, matches


def mobile(n: int) -> Pair:
    devices, span = frozenset(("ios", "android")), timedelta(hours=12 * (n + 1))
    text = (
        f'AND (device IN ("ios", "android"), sessions > {20 * n},'
        f' last_seen >= "now-{12 * (n + 1)}h", NOT EXISTS unsubscribed_at)'
    )

    def matches(fields: Fields, now: datetime) -> bool:
        return (
            fields.get("device") in devices
            and isinstance(count := fields.get("sessions"), NUMBER)
            and count > 20 * n
            and isinstance(seen := fields.get("last_seen"), datetime)
            and seen >= now - span
            and fields.get("unsubscribed_at") is None
        )

    return text, matches


def one_of_many(n: int) -> Pair:
    text = (
        f'OR (level == {n}, score > {95 + n}, language == "{("sv", "pl")[n % 2]}",'
        f' url LIKE "https://shop{n}.*")'
    )
    language, start = ("sv", "pl")[n % 2], f"https://shop{n}."

    def matches(fields: Fields, now: datetime) -> bool:
        if fields.get("level") == n:
            return True
        score = fields.get("score")
        if isinstance(score, NUMBER) and score > 95 + n:
            return True
        if fields.get("language") == language:
            return True
        url = fields.get("url")
        return isinstance(url, str) and url.startswith(start)

    return text, matches


KINDS: tuple[Callable[[int], Pair], ...] = (
    paying_and_active,
    about_to_leave,
    big_baskets,
    from_a_campaign,
    new_but_keen,
    not_quite_there,
    tagged,
    trial_ends,
    mobile,
    one_of_many,
)
