"""The partitions of the events: one a month, made ahead, dropped when they are old.

Months, because a query over all events then plans a dozen tables and not four
hundred; what is older than the retention goes when its whole month is. Events of
a month that has no partition yet lie in the default one, and are moved when it
gets its own. A partition with events that are still to be applied stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

MONTHS_AHEAD = 2
# Making or dropping a partition waits for a lock that others then wait behind:
# rather let it fail and try again later.
LOCK_TIMEOUT = "2s"

_NAME = re.compile(r"streams_event_(\d{4})_(\d{2})")
_EXISTING = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'streams_event'::regclass
"""
_STRAY_MONTHS = """
SELECT DISTINCT date_trunc('month', received_at, 'UTC') FROM streams_event_default
"""
_HAS_PENDING = """
SELECT EXISTS (SELECT FROM streams_pendingevent
               WHERE received_at >= %s AND received_at < %s)
"""
_MAKE = """
CREATE TABLE {table} (LIKE streams_event INCLUDING ALL);
WITH strays AS (
    DELETE FROM streams_event_default
    WHERE received_at >= {begin} AND received_at < {end}
    RETURNING *
)
INSERT INTO {table} SELECT * FROM strays;
ALTER TABLE streams_event ATTACH PARTITION {table} FOR VALUES FROM ({begin}) TO ({end})
"""
_DROP = "DROP TABLE {}"


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A month of events, in UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, instant: datetime) -> Month:
        there = instant.astimezone(UTC)
        return cls(there.year, there.month)

    @property
    def table(self) -> str:
        return f"streams_event_{self.year:04d}_{self.month:02d}"

    @property
    def begin(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        return self.after(1).begin

    def after(self, months: int) -> Month:
        years, month = divmod(self.month - 1 + months, 12)
        return Month(self.year + years, month + 1)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done to the partitions."""

    made: list[str]
    dropped: list[str]


def keep(now: datetime) -> Kept:
    """Make the partitions that are needed soon, drop those that are too old.

    Raises OperationalError where a lock could not be had; what is done by then
    stays done.
    """
    existing = _existing()
    soon = {Month.of(now).after(offset) for offset in range(MONTHS_AHEAD + 1)}
    missing = sorted((soon | _strays()) - existing)
    made = [month.table for month in missing if _make(month)]
    oldest = now - timedelta(days=settings.EVENT_RETENTION_DAYS)
    old = [month for month in sorted(existing) if month.end <= oldest]
    return Kept(made, [month.table for month in old if _drop(month)])


def _existing() -> set[Month]:
    with connection.cursor() as cursor:
        cursor.execute(_EXISTING)
        found = (_NAME.fullmatch(name) for (name,) in cursor.fetchall())
        return {Month(int(name[1]), int(name[2])) for name in found if name}


def _strays() -> set[Month]:
    """The months of the events that lie in the default partition."""
    with connection.cursor() as cursor:
        cursor.execute(_STRAY_MONTHS)
        return {Month.of(instant) for (instant,) in cursor.fetchall()}


def _make(month: Month) -> bool:
    """Make the partition of a month and move the events there that belong there."""
    with transaction.atomic(), connection.cursor() as cursor:
        _limit_lock_wait(cursor)
        cursor.execute("LOCK TABLE streams_event_default IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SELECT to_regclass(%s) IS NULL", [month.table])
        (is_missing,) = cursor.fetchone()
        if is_missing:  # else another process made it while this one waited
            cursor.execute(
                sql.SQL(_MAKE).format(
                    table=sql.Identifier(month.table),
                    begin=sql.Literal(month.begin),
                    end=sql.Literal(month.end),
                )
            )
        return bool(is_missing)


def _drop(month: Month) -> bool:
    """Drop the partition of a month unless some of its events wait to be applied."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_HAS_PENDING, [month.begin, month.end])
        (has_pending,) = cursor.fetchone()
        if not has_pending:
            _limit_lock_wait(cursor)
            cursor.execute(sql.SQL(_DROP).format(sql.Identifier(month.table)))
        return not has_pending


def _limit_lock_wait(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
