"""Statements on Django's connection that bind on the server, in binary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from django.db import connection
from psycopg import Cursor


def raw_cursor() -> Cursor[Any]:
    """A psycopg cursor on Django's connection."""
    connection.ensure_connection()
    return Cursor(connection.connection)


def rows(
    query: LiteralString, params: Sequence[Any] | Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """The rows a statement returns; errors are Django's, so that it reconnects.

    The server keeps its plan: what deliverers say takes longer to plan than to do.
    Instants come in the zone of the connection, which is UTC.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, raw_cursor() as cursor:
        cursor.execute(query, params, prepare=True, binary=True)
        return cursor.fetchall() if cursor.description else []
