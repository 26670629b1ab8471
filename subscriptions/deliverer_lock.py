"""One deliverer at a time takes messages of a subscription.

Its connection keeps to indexes and to the order they give, whatever the planner
believes of the queue, and to the plans it has: to plan a claim takes longer than to
make it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from subscriptions import sql

LOCK_CLASS = 0x5B5  # the first key of PostgreSQL's two-key advisory locks

_LOCK = """
SELECT pg_try_advisory_lock(%b, %b),
       set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_seqscan', 'off', false),
       set_config('enable_sort', 'off', false)
"""
_UNLOCK = "SELECT pg_advisory_unlock(%b, %b)"
_RESET = "RESET plan_cache_mode; RESET enable_seqscan; RESET enable_sort"


@contextmanager
def alone(subscription_id: int) -> Iterator[bool]:
    """Whether nobody else takes messages of the subscription until the block ends."""
    key = (LOCK_CLASS, subscription_id)
    is_alone = bool(sql.rows(_LOCK, key)[0][0])
    try:
        yield is_alone
    finally:
        if is_alone:
            sql.rows(_UNLOCK, key)
        with connection.cursor() as cursor:
            cursor.execute(_RESET)
