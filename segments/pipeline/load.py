"""Reading profiles under lock, and how far recomputes have come with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor

from segments.pipeline.errors import StaleReadError
from segments.pipeline.state import ProfileState

COLUMNS = """id, fields::text, stamps, segment_ids,
    (extract(epoch FROM created_at) * 1000000)::bigint,
    (extract(epoch FROM modified_at) * 1000000)::bigint,
    dues, (extract(epoch FROM due_at) * 1000000)::bigint"""

_LOCK = f"""
SELECT {COLUMNS} FROM profiles_profile
WHERE account_id = %s AND id = ANY(%b) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 - only the constant above is filled in
_SILENT = """
SELECT r.segment_id, p.cursor, p.last_profile_id
FROM definitions_recompute r
JOIN definitions_recomputepart p ON p.recompute_id = r.id
WHERE r.account_id = %s AND r.silent AND p.cursor < p.last_profile_id
"""


@dataclass(frozen=True, slots=True)
class SilentPart:
    """A part of the walk over a new segment whose first members are being counted."""

    segment_id: int
    cursor: int
    last_profile_id: int

    def has_yet_to_reach(self, profile_id: int) -> bool:
        """Whether this profile's place in the segment is not known yet."""
        return self.cursor < profile_id <= self.last_profile_id


def lock_profiles(
    cursor: Cursor[Any], account_id: int, profile_ids: Iterable[int]
) -> dict[int, ProfileState]:
    """Lock and read profiles, by id, in sorted order; raises StaleReadError."""
    wanted = sorted(profile_ids)
    cursor.execute(_LOCK, (account_id, wanted))
    states = {row[0]: ProfileState.stored(row) for row in cursor.fetchall()}
    if len(states) < len(wanted):
        raise StaleReadError
    return states


def silent_parts(cursor: Cursor[Any], account_id: int) -> list[SilentPart]:
    """How far silent recomputes have come; read after the profiles are locked."""
    cursor.execute(_SILENT, (account_id,))
    return [SilentPart(*row) for row in cursor.fetchall()]
