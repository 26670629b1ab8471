"""Who has been told of, while a backfill is still under way.

A backfill walks over the members of a segment while users go on entering and
leaving it. A member that the walk has not reached, and of whom no message was
written, is unknown to the destination. Should such a user leave, or become one
with another, the destination is told of the enter first. Who is not in the sample that
is walked over stays as without a backfill.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor

from segments.pipeline.triggers import ProfileUpdate
from subscriptions import ledger, members
from subscriptions.listeners import Listener

_WALKS = """
SELECT subscription_id, cursor, last_profile_id, is_sample
FROM subscriptions_backfill
WHERE subscription_id = ANY(%b::int[]) AND ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class _Walk:
    cursor: int
    last_profile_id: int
    is_sample: bool

    def is_past(self, profile_id: int) -> bool:
        """Whether the walk has reached the profile, or will never come to it."""
        return profile_id <= self.cursor or profile_id > self.last_profile_id


class Told:
    """What destinations have been told of, kept up while a batch's messages are made.

    Read after the profiles are locked: a walk that holds one of them has committed
    by then, and one that comes to them later waits for the batch.
    """

    def __init__(
        self,
        cursor: Cursor[Any],
        backfilling: Sequence[Listener],
        updates: Iterable[ProfileUpdate],
    ) -> None:
        self._walks: dict[int, _Walk] = {}
        self._last: dict[tuple[int, int, str], str] = {}
        self._sampled: set[int] = set()
        profile_ids = {
            profile_id
            for update in updates
            for profile_id in (update.profile_id, *update.merged_ids)
        }
        if not backfilling or not profile_ids:
            return
        ids = [listener.id for listener in backfilling]
        cursor.execute(_WALKS, (ids,))
        self._walks = {row[0]: _Walk(*row[1:]) for row in cursor.fetchall()}
        if any(walk.is_sample for walk in self._walks.values()):
            self._sampled = members.sampled(cursor, profile_ids)
        told = ledger.last_told(cursor, ids, profile_ids)
        self._last = {key: entry.event for key, entry in told.items()}

    def untold(self, listener: Listener, update: ProfileUpdate) -> list[int]:
        """The segments the user was in without the destination knowing."""
        if listener.id not in self._walks:
            return []
        self._take_over(listener, update)
        if not self._is_walked_to(listener, update):
            return []
        return [
            segment_id
            for segment_id in sorted(update.member_before & listener.segments.keys())
            if not self._knows(listener, update, segment_id)
        ]

    def note(
        self, listener: Listener, profile_id: int, events: Iterable[dict[str, str]]
    ) -> None:
        """Remember the message that is being written."""
        if listener.id in self._walks:
            for event in events:
                self._last[listener.id, profile_id, event["id"]] = event["event"]

    def _is_walked_to(self, listener: Listener, update: ProfileUpdate) -> bool:
        """Whether the walk tells of this user, or of one whom they became."""
        ids = {update.profile_id, *update.merged_ids}
        return not self._walks[listener.id].is_sample or bool(ids & self._sampled)

    def _knows(
        self, listener: Listener, update: ProfileUpdate, segment_id: int
    ) -> bool:
        segment = listener.segments[segment_id]
        last = self._last.get((listener.id, update.profile_id, segment.public_id))
        if last is not None:
            return last == "enter"
        # Of profiles that become one, nobody knows any more which was the member.
        if update.merged_ids:
            return False
        return self._walks[listener.id].is_past(update.profile_id)

    def _take_over(self, listener: Listener, update: ProfileUpdate) -> None:
        """What was told of merged profiles was told of the one they became."""
        for segment in listener.segments.values():
            for merged_id in update.merged_ids:
                told = self._last.pop((listener.id, merged_id, segment.public_id), None)
                key = (listener.id, update.profile_id, segment.public_id)
                if told == "enter" or (told and key not in self._last):
                    self._last[key] = told
