"""Profiles that a walk evaluates: locked, and read no further than it needs.

A walk moves profiles by a few of their fields. Their other fields are read only for
those that are shown in a message.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from psycopg import Cursor

from segments.filterql import Answers
from segments.pipeline.place import Place, Types, read_dues
from segments.profiles.glance import Glance
from segments.profiles.instants import instant
from segments.profiles.render import render
from segments.profiles.typed import Schema

COLUMNS = "id, segment_ids, dues, (extract(epoch FROM due_at) * 1000000)::bigint"

_WHOLE = """
SELECT id, fields::text, (extract(epoch FROM created_at) * 1000000)::bigint,
       (extract(epoch FROM modified_at) * 1000000)::bigint
FROM profiles_profile WHERE id = ANY(%b)
"""


class WalkedPlace(Place):
    """The place of a profile that is locked, with the fields that filters ask for."""

    __slots__ = ("_asked", "_glance", "_whole")

    def __init__(
        self, row: tuple[Any, ...], glance: Glance, whole: WholeProfiles
    ) -> None:
        profile_id, members, dues, due_us, *asked = row
        super().__init__(profile_id, frozenset(members), read_dues(dues), due_us)
        self._asked = asked
        self._glance = glance
        self._whole = whole

    def prepare(self, schema: Schema, now: datetime) -> None:
        """The glance gives the values their types."""
        self.answers = Answers(self._glance.values(self._asked), now)

    def rendering(self, types: Types) -> Callable[[], dict[str, Any]]:
        """Reads the profile; its fields stay as they are while it is locked."""
        return self._whole.rendering(self.id, types)


class WholeProfiles:
    """Profiles of which some may be shown: once one is, all of them are read."""

    def __init__(self, cursor: Cursor[Any]) -> None:
        self._cursor = cursor
        self._asked: list[int] = []
        self._rows: dict[int, tuple[str, int, int]] = {}

    def rendering(self, profile_id: int, types: Types) -> Callable[[], dict[str, Any]]:
        """What shows this profile, to be asked in the same transaction."""
        self._asked.append(profile_id)
        return partial(self._rendered, profile_id, types)

    def _rendered(self, profile_id: int, types: Types) -> dict[str, Any]:
        if profile_id not in self._rows:
            self._cursor.execute(_WHOLE, (self._asked,))
            self._rows = {row[0]: row[1:] for row in self._cursor.fetchall()}
        fields, created_us, modified_us = self._rows[profile_id]
        return render(
            orjson.loads(fields), types, instant(created_us), instant(modified_us)
        )


def lock_places(
    cursor: Cursor[Any], query: str, parameters: tuple[Any, ...], glance: Glance
) -> list[WalkedPlace]:
    """The profiles that a query locks, which is to select `{columns}`."""
    cursor.execute(
        query.format(columns=f"{COLUMNS}, {glance.columns}"),
        (*glance.parameters, *parameters),
    )
    rows = cursor.fetchall()
    whole = WholeProfiles(Cursor(cursor.connection))
    return [WalkedPlace(row, glance, whole) for row in rows]
