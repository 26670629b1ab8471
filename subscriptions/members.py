"""Members of segments and their profiles, as walks over them read and hold them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from psycopg import Cursor

from segments.definitions.catalog import catalog
from segments.profiles.render import render

SAMPLE_IS_ONE_IN = 100
LAST = 2**63 - 1

IN_SAMPLE = f"mod(hashint8extended(profile_id, 0), {SAMPLE_IS_ONE_IN}) = 0"
"""Whether a profile is in the sample: always the same ones, picked by a hash."""

# Of each segment by its index, so that a chunk costs the same however many there are.
_NEXT_MEMBERS = f"""
SELECT DISTINCT m.profile_id
FROM unnest(%b::int[]) AS segment (id)
CROSS JOIN LATERAL (
    SELECT m.profile_id FROM membership_membership m
    WHERE m.segment_id = segment.id AND m.left_at IS NULL
      AND m.profile_id > %b::bigint AND m.profile_id <= %b::bigint
      AND (NOT %b OR {IN_SAMPLE})
    ORDER BY m.profile_id LIMIT %b::int
) m
ORDER BY m.profile_id LIMIT %b::int
"""  # noqa: S608 - a part of a statement, ours
_COUNT = f"""
SELECT count(DISTINCT profile_id) FROM membership_membership
WHERE segment_id = ANY(%b::int[]) AND left_at IS NULL AND profile_id <= %b::bigint
  AND (NOT %b OR {IN_SAMPLE})
"""  # noqa: S608 - a part of a statement, ours
_COUNT_UP_TO = """
SELECT count(*) FROM (
    SELECT DISTINCT m.profile_id
    FROM unnest(%b::int[]) AS segment (id)
    CROSS JOIN LATERAL (
        SELECT m.profile_id FROM membership_membership m
        WHERE m.segment_id = segment.id AND m.left_at IS NULL
        ORDER BY m.profile_id LIMIT %b::int
    ) m
    LIMIT %b::int
) members
"""
_SAMPLED = f"""
SELECT profile_id FROM unnest(%b::bigint[]) AS p (profile_id) WHERE {IN_SAMPLE}
"""  # noqa: S608 - a part of a statement, ours
_LOCK_PROFILES = """
SELECT id FROM profiles_profile WHERE id = ANY(%b::bigint[])
ORDER BY id FOR NO KEY UPDATE
"""
_PROFILES = """
SELECT id, fields::text, created_at, modified_at, segment_ids FROM profiles_profile
WHERE id = ANY(%b::bigint[]) ORDER BY id
"""
_RECOMPUTING = """
SELECT EXISTS (SELECT 1 FROM definitions_recompute WHERE segment_id = ANY(%b::int[]))
"""


@dataclass(frozen=True, slots=True)
class User:
    """A user as messages show them, and the segments they are in."""

    fields: dict[str, Any]
    members: Collection[int]


def following(
    cursor: Cursor[Any],
    segment_ids: Sequence[int],
    after: int,
    last: int,
    most: int,
    *,
    is_sample: bool = False,
) -> list[int]:
    """The next profiles that are in one of these segments; of a sample, in that too."""
    where = (segment_ids, after, last, is_sample)
    cursor.execute(_NEXT_MEMBERS, (*where, most, most))
    return [row[0] for row in cursor.fetchall()]


def count(
    cursor: Cursor[Any],
    segment_ids: Sequence[int],
    last: int = LAST,
    *,
    is_sample: bool,
) -> int:
    """How many profiles up to `last` are in one of these segments."""
    cursor.execute(_COUNT, (segment_ids, last, is_sample))
    return _number(cursor)


def count_up_to(cursor: Cursor[Any], segment_ids: Sequence[int], most: int) -> int:
    """How many profiles are in one of these segments; `most` where there are more."""
    cursor.execute(_COUNT_UP_TO, (segment_ids, most, most))
    return _number(cursor)


def sampled(cursor: Cursor[Any], profile_ids: Collection[int]) -> set[int]:
    """Those of these profiles that are in the sample."""
    cursor.execute(_SAMPLED, (list(profile_ids),))
    return {row[0] for row in cursor.fetchall()}


def hold(cursor: Cursor[Any], profile_ids: Collection[int]) -> None:
    """Lock profiles, so that no batch moves them until the transaction ends."""
    cursor.execute(_LOCK_PROFILES, (sorted(profile_ids),))


def users(
    cursor: Cursor[Any], account_id: int, version: int, profile_ids: Collection[int]
) -> dict[int, User]:
    """Those of these users that there are, by profile, in its order."""
    cursor.execute(_PROFILES, (list(profile_ids),))
    types = catalog(account_id, version).types
    return {
        profile_id: User(
            render(orjson.loads(fields), types, created_at, modified_at), members
        )
        for profile_id, fields, created_at, modified_at, members in cursor.fetchall()
    }


def _number(cursor: Cursor[Any]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def is_computing(cursor: Cursor[Any], segment_ids: Sequence[int]) -> bool:
    """Whether it is still being worked out who is in one of these segments."""
    cursor.execute(_RECOMPUTING, (segment_ids,))
    row = cursor.fetchone()
    return row is not None and bool(row[0])
