"""Encrypting every stored secret with the first key, while everything runs.

A row is written only where its column still holds what was read, so that a save that
comes between is never lost; the row is looked at again. Nothing is locked for longer
than one such write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models
from psycopg import sql

from lyticsapp.authorizations.encryption import (
    DecryptionError,
    EncryptedJSONField,
    is_newest,
    renewed,
)

CHUNK_ROWS = 200
MOST_PASSES = 5
"""Processes that still write with an older key are not waited for any longer."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that holds encrypted values."""

    table: str
    name: str
    key: str
    """The table's primary key."""

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


@dataclass(slots=True)
class Progress:
    """How far a column is."""

    column: Column
    total: int
    seen: int = 0
    rewritten: int = 0
    unreadable: int = 0
    """Values that none of the keys decrypts."""
    changed_meanwhile: int = 0
    """Values that somebody else has saved between reading and writing."""


def columns() -> list[Column]:
    """Every column of an EncryptedJSONField, of all models."""
    return [
        Column(model._meta.db_table, str(field.column), str(model._meta.pk.column))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedJSONField) and _is_real(model)
    ]


def rotate(column: Column) -> Iterator[Progress]:
    """Rewrite what an older key has encrypted; tells after each chunk."""
    for _ in range(MOST_PASSES):
        progress = Progress(column, total=_count(column))
        for chunk in _chunks(column):
            for key, token in chunk:
                _renew(column, key, token, progress)
            progress.seen += len(chunk)
            yield progress
        if not progress.changed_meanwhile:
            return


def left(column: Column) -> int:
    """How many values are not encrypted with the first key."""
    return sum(not is_newest(token) for chunk in _chunks(column) for _, token in chunk)


def swap(column: Column, key: int, before: bytes, after: bytes) -> bool:
    """Write a value where the one read still stands; whether it did."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s")
            .format(**_identifiers(column))
            .as_string(),
            [after, key, before],
        )
        return bool(cursor.rowcount)


def _renew(column: Column, key: int, token: bytes, progress: Progress) -> None:
    if is_newest(token):
        return
    try:
        after = renewed(token)
    except DecryptionError:
        progress.unreadable += 1
        return
    if swap(column, key, token, after):
        progress.rewritten += 1
    else:
        progress.changed_meanwhile += 1


def _chunks(column: Column) -> Iterator[list[tuple[int, bytes]]]:
    """The values in the order of their keys, some rows at a time."""
    query = (
        sql.SQL(
            "SELECT {key}, {name} FROM {table} WHERE {key} > %s AND {name} IS NOT NULL "
            "ORDER BY {key} LIMIT %s"
        )
        .format(**_identifiers(column))
        .as_string()
    )
    last = -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [last, CHUNK_ROWS])
            chunk = [(row[0], bytes(row[1])) for row in cursor.fetchall()]
        if not chunk:
            return
        yield chunk
        last = chunk[-1][0]


def _count(column: Column) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT count(*) FROM {table} WHERE {name} IS NOT NULL")
            .format(**_identifiers(column))
            .as_string()
        )
        count: int = cursor.fetchone()[0]
        return count


def _identifiers(column: Column) -> dict[str, sql.Identifier]:
    return {
        "table": sql.Identifier(column.table),
        "name": sql.Identifier(column.name),
        "key": sql.Identifier(column.key),
    }


def _is_real(model: type[models.Model]) -> bool:
    return model._meta.managed and not model._meta.proxy
