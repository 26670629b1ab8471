"""How late profiles are evaluated that the clock makes due."""

from __future__ import annotations

from dataclasses import dataclass

import redis
from django.db import connection
from django.utils import timezone

from lyticsapp import counters
from lyticsapp.accounts.models import Account

DUE_PROFILES = "lyticsapp_due_profiles"
DUE_LATENESS = "lyticsapp_due_lateness_seconds"
COUNT_LIMIT = 10_000

_OVERDUE = """
SELECT count(*), min(due_at) FROM (
    SELECT due_at FROM profiles_profile
    WHERE account_id = %s AND due_at <= %s ORDER BY due_at LIMIT %s
) AS overdue
"""


@dataclass(frozen=True, slots=True)
class Overdue:
    """The profiles of an account whose time has come and who still wait."""

    profiles: int
    """Counted up to COUNT_LIMIT."""
    longest_s: float


def overdue(account: Account) -> Overdue:
    """Who waits to be evaluated now."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, (account.pk, now, COUNT_LIMIT))
        profiles, first = cursor.fetchone()
    return Overdue(profiles, (now - first).total_seconds() if first else 0.0)


def mean_lateness_s() -> float | None:
    """From due to evaluated, on average since Redis was last empty.

    None where nothing was due, or while Redis does not answer.
    """
    try:
        counted = counters.read()
    except redis.RedisError:
        return None
    profiles = counted.get(counters.name(DUE_PROFILES))
    return counted[counters.name(DUE_LATENESS)] / profiles if profiles else None
