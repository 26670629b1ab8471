"""The partitions of deliveries and attempts: begun by age, and dropped whole.

Both tables are split by the same ranges of sequence numbers, so that a message is found
by its number in one partition, and its attempts in the one beside it. After a PERIOD
the next partition is begun: the sequence is raised to where its range begins. That
waits for nobody, and numbers go on rising. A range that is used up before ends in the
next one, which there always is.

A queue is read from all partitions at once, and claiming from it is planned for each
of them: so there are few, PARTS for the time that messages are kept, and no more than
MOST where some cannot be dropped yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

SPAN = 1_000_000_000
"""How many numbers a range has. 2^53, as far as JSON counts, is 9 million of them."""
MARGIN = SPAN // 10
"""More numbers than are taken while the sequence is raised: it is never lowered."""
PARTS = 5
MOST = 12
LOCK_CLASS = 0x5B6  # the first key of PostgreSQL's two-key advisory locks
# Whoever waits for a lock has deliverers wait behind: rather let it fail, and try again.
LOCK_TIMEOUT = "500ms"

_RANGE = re.compile(r"FROM \('?(\d+)'?\) TO \('?(\d+)'?\)")
_EXISTING = """
SELECT pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass
"""
_LAST = "SELECT last_value FROM subscriptions_delivery_id_seq"
_RAISE = """
SELECT setval('subscriptions_delivery_id_seq', %(to)s, false)
FROM subscriptions_delivery_id_seq WHERE last_value < %(to)s
"""
_OLDEST = """
SELECT created_at FROM subscriptions_delivery
WHERE id >= %s AND id < %s ORDER BY id LIMIT 1
"""
_MAKE = """
CREATE TABLE {table} (LIKE {parent} INCLUDING ALL);
ALTER TABLE {parent} ATTACH PARTITION {table} FOR VALUES FROM ({begin}) TO ({end})
"""
_DROP = "DROP TABLE {}"
_DELIVERY = "subscriptions_delivery"
_ATTEMPT = "subscriptions_attempt"


@dataclass(frozen=True, order=True, slots=True)
class Partition:
    """The deliveries from one number up to another, and their attempts."""

    begin: int
    end: int

    @property
    def deliveries(self) -> str:
        """The table of its deliveries."""
        return self.part_of(_DELIVERY)

    def part_of(self, table: str) -> str:
        """The part of a table that holds this range."""
        return f"{table}_{self.begin // SPAN}"

    def holds(self, number: int) -> bool:
        """Whether a delivery of this number lies here."""
        return self.begin <= number < self.end


@contextmanager
def alone() -> Iterator[bool]:
    """Whether no other process changes partitions until the block ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [LOCK_CLASS])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [LOCK_CLASS])


def period() -> timedelta:
    """How long a partition is written to."""
    return max(timedelta(days=settings.DELIVERY_RETENTION_DAYS) / PARTS, timedelta(1))


def existing(parent: str = _DELIVERY) -> list[Partition]:
    """Those there are, in the order of their numbers."""
    with connection.cursor() as cursor:
        cursor.execute(_EXISTING, [parent])
        bounds = (_RANGE.search(text) for (text,) in cursor.fetchall())
        return sorted(Partition(int(b[1]), int(b[2])) for b in bounds if b)


def closed() -> list[Partition]:
    """Those that are not written to any more, the oldest first."""
    next_number = _next_number()
    return [each for each in existing() if each.end <= next_number]


def make_ahead() -> list[str]:
    """Make the partition after the one that is written to; returns what was made.

    Raises OperationalError where a lock could not be had.
    """
    next_number = _next_number()
    return _make_until(next_number) + _make_until(_holding(next_number).end)


def begin_next(now: datetime) -> list[str]:
    """Write to the next partition where the current one is old, and make one ahead.

    Returns what was made. Raises OperationalError, as above.
    """
    next_number = _next_number()
    current = _holding(next_number)
    if len(existing()) >= MOST or not _is_older(current, now - period()):
        return []
    is_near = current.end - next_number <= MARGIN
    begin = current.end + SPAN if is_near else current.end
    made = _make_until(begin + SPAN)
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, {"to": begin})
    return made


def drop_deliveries(partition: Partition) -> None:
    """Drop the deliveries of a range; raises OperationalError, as above."""
    _drop(partition.deliveries)


def drop_orphans() -> None:
    """Drop the attempts of ranges whose deliveries are dropped.

    By themselves: deliverers who hold one table wait for the other. Raises
    OperationalError, as above; they go the next time then.
    """
    for partition in set(existing(_ATTEMPT)) - set(existing()):
        _drop(partition.part_of(_ATTEMPT))


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        return int(cursor.fetchone()[0]) + 1


def _holding(number: int) -> Partition:
    return next(each for each in existing() if each.holds(number))


def _is_older(partition: Partition, instant: datetime) -> bool:
    """Whether its oldest delivery is; one that has none is not."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, [partition.begin, partition.end])
        oldest = cursor.fetchone()
        return oldest is not None and oldest[0] <= instant


def _make_until(number: int) -> list[str]:
    """Make those that are missing up to the one that holds the number."""
    end = existing()[-1].end
    missing = [Partition(b, b + SPAN) for b in range(end, number + 1, SPAN)]
    for partition in missing:
        _make(partition)
    return [partition.deliveries for partition in missing]


def _make(partition: Partition) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        _limit_lock_wait(cursor)
        for parent in (_ATTEMPT, _DELIVERY):
            cursor.execute(
                sql.SQL(_MAKE).format(
                    parent=sql.Identifier(parent),
                    table=sql.Identifier(partition.part_of(parent)),
                    begin=sql.Literal(partition.begin),
                    end=sql.Literal(partition.end),
                )
            )


def _drop(table: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        _limit_lock_wait(cursor)
        cursor.execute(sql.SQL(_DROP).format(sql.Identifier(table)))


def _limit_lock_wait(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
