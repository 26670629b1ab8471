"""The definition lock: batches share it, changes of definitions take it alone.

Whatever a batch must know of an account (segments, field types, identity
fields, subscriptions) is read under the shared lock and held still until the
batch commits; a change waits for the batches under way and raises the version.
So a cache keyed by account and version is never wrong, and no batch commits
what an older definition says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.db import connection, transaction

LOCK_CLASS = 0x5E6  # the first key of PostgreSQL's two-key advisory locks

_LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared(%s, %s)"
_LOCK_ALONE = "SELECT pg_advisory_xact_lock(%s, %s)"
_READ = "SELECT version FROM definitions_definitionversion WHERE account_id = %s"
_RAISE = """
INSERT INTO definitions_definitionversion AS v (account_id, version) VALUES (%s, 2)
ON CONFLICT (account_id) DO UPDATE SET version = v.version + 1
"""


class Executes(Protocol):
    """The part of a cursor that is used here."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...
    def fetchone(self) -> Any: ...


def shared(cursor: Executes, account_id: int) -> int:
    """Hold the definitions still until the transaction ends; returns their version.

    The version is read by a statement of its own, after the lock is held.
    """
    hold(cursor, account_id)
    ask_version(cursor, account_id)
    return version_told(cursor)


def hold(cursor: Executes, account_id: int) -> None:
    """The first part of `shared`, for callers who send statements together."""
    cursor.execute(_LOCK_SHARED, (LOCK_CLASS, account_id))


def ask_version(cursor: Executes, account_id: int) -> None:
    """The second part of `shared`."""
    cursor.execute(_READ, (account_id,))


def version_told(cursor: Executes) -> int:
    """The answer to the second part of `shared`."""
    row = cursor.fetchone()
    return row[0] if row else 1


@contextmanager
def exclusive(account_id: int) -> Iterator[None]:
    """A transaction in which definitions of the account may be changed."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_ALONE, (LOCK_CLASS, account_id))
            cursor.execute(_RAISE, (account_id,))
        yield
