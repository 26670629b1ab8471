"""The outbox: writes the messages of a batch in the batch's own transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor

from segments.pipeline.triggers import ProfileUpdate, Transition
from subscriptions import hints, ledger
from subscriptions import message_id as message_ids
from subscriptions.listeners import Listener, listeners
from subscriptions.message import build, change_event, segment_event
from subscriptions.told import Told

BACKFILL = "backfill"

_NEXT_IDS = """
SELECT nextval('subscriptions_delivery_id_seq') FROM generate_series(1, %b::int)
"""
_INSERT = """
INSERT INTO subscriptions_delivery
       (id, account_id, subscription_id, profile_id, message_id, cause, segment_ids,
        payload, state, attempts, next_attempt_at, created_at)
SELECT id, %b, subscription_id, profile_id, message_id::uuid, cause,
       segment_ids::int[], payload::json, 'pending', 0, %b, %b
FROM unnest(%b::bigint[], %b::int[], %b::bigint[], %b::text[], %b::text[], %b::text[],
            %b::text[])
  AS d (id, subscription_id, profile_id, message_id, cause, segment_ids, payload)
"""
# What waits for its turn is looked at again: the end of the message it waits for,
# written at this moment, would look for those that wait under the old profile.
_REKEY = """
UPDATE subscriptions_delivery d
SET profile_id = (
        SELECT m.survivor
        FROM unnest(%(merged)b::bigint[], %(survivors)b::bigint[])
          AS m (merged, survivor)
        WHERE m.merged = d.profile_id
    ),
    next_attempt_at = CASE WHEN d.state = 'pending' AND d.attempts = 0
                           THEN now() ELSE d.next_attempt_at END
WHERE d.id = ANY(ARRAY(
    SELECT e.id FROM subscriptions_delivery e
    WHERE e.subscription_id = ANY(%(subscriptions)b::int[])
      AND e.profile_id = ANY(%(merged)b::bigint[])
    ORDER BY e.id FOR NO KEY UPDATE
))
"""
_ENTERED_AT = """
SELECT segment_id, entered_at FROM membership_membership
WHERE profile_id = %b AND segment_id = ANY(%b::int[])
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is still to get its number."""

    listener: Listener
    profile_id: int
    fields: Mapping[str, Any]
    events: Sequence[dict[str, str]]
    cause: str
    segment_ids: Sequence[int]
    members: Collection[int]
    """The segments that the user is in."""


class Outbox:
    """The trigger sink of subscriptions, for one account."""

    def __init__(self, account_id: int, definition_version: int) -> None:
        self.account_id = account_id
        self._listeners = listeners(account_id, definition_version)
        self._backfilling = [each for each in self._listeners if each.backfilling]
        self._by_segment = defaultdict[int, list[Listener]](list)
        self._watching = [each for each in self._listeners if each.field_changes]
        for listener in self._listeners:
            for segment_id in listener.segments:
                self._by_segment[segment_id].append(listener)

    def segments_listened_to(self) -> frozenset[int]:
        """Segments whose transitions anyone is told of."""
        return frozenset(self._by_segment)

    def fields_watched(self) -> frozenset[str]:
        """Fields of whose changes anyone is told."""
        return frozenset(f for each in self._watching for f in each.field_changes)

    def backfilling_segments(self) -> frozenset[int]:
        """Segments some subscription is still being backfilled from."""
        return frozenset(s for each in self._backfilling for s in each.segments)

    def write(
        self, cursor: Cursor[Any], updates: Sequence[ProfileUpdate], at: datetime
    ) -> frozenset[int]:
        """Write the messages of these updates."""
        if not self._listeners:
            return frozenset()
        told = Told(cursor, self._backfilling, updates)
        self._rekey(cursor, updates)
        drafts = [
            draft
            for update in updates
            for draft in self._drafts(cursor, update, told, at)
        ]
        insert(cursor, self.account_id, drafts, at)
        return frozenset(draft.listener.id for draft in drafts)

    @staticmethod
    def notify(subscription_ids: frozenset[int]) -> None:
        """Hint the deliverers."""
        hints.hint(subscription_ids)

    def _drafts(
        self, cursor: Cursor[Any], update: ProfileUpdate, told: Told, at: datetime
    ) -> Iterator[Draft]:
        fields: Mapping[str, Any] | None = None
        for listener in self._concerned(update):
            moves = [t for t in update.transitions if t.segment_id in listener.segments]
            missed = _missed(cursor, listener, update, told)
            for transitions, changed, cause in (
                (missed, (), BACKFILL),
                (moves, _changed(listener, update), update.cause),
            ):
                heard = [t for t in transitions if t.event in listener.tells]
                if not heard and not changed:
                    continue
                if fields is None:
                    fields = update.render()
                events = [segment_event(listener, t, at) for t in heard]
                told.note(listener, update.profile_id, events)
                events += [change_event(listener, each) for each in changed]
                yield Draft(
                    listener,
                    update.profile_id,
                    fields,
                    events,
                    cause,
                    [*(t.segment_id for t in heard), *changed],
                    update.member_after,
                )

    def _concerned(self, update: ProfileUpdate) -> Iterable[Listener]:
        concerned = {listener.id: listener for listener in self._backfilling}
        for transition in update.transitions:
            for listener in self._by_segment.get(transition.segment_id, ()):
                concerned[listener.id] = listener
        for listener in self._watching if update.changed else ():
            concerned[listener.id] = listener
        return concerned.values()

    def _rekey(self, cursor: Cursor[Any], updates: Sequence[ProfileUpdate]) -> None:
        """Messages of merged profiles become messages of the one they became."""
        survivors: dict[int, int] = {}
        for update in updates:
            for merged_id in update.merged_ids:
                survivors[merged_id] = update.profile_id
        if not survivors:
            return
        merged = list(survivors)
        finals = [_final(survivors, merged_id) for merged_id in merged]
        ids = [listener.id for listener in self._listeners]
        values = {"merged": merged, "survivors": finals, "subscriptions": ids}
        cursor.execute(_REKEY, values)
        ledger.rekey(cursor, merged, finals, ids)


def insert(
    cursor: Cursor[Any], account_id: int, drafts: Sequence[Draft], at: datetime
) -> None:
    """Number the messages in their order, and write them."""
    if not drafts:
        return
    numbers = next_ids(cursor, len(drafts))
    columns = defaultdict[str, list[Any]](list)
    for draft, number in zip(drafts, numbers, strict=True):
        message_id = message_ids.new(number)
        body = build(
            draft.listener,
            draft.fields,
            draft.events,
            draft.members,
            message_id=message_id,
            sequence=number,
            cause=draft.cause,
            at=at,
        )
        columns["subscription"].append(draft.listener.id)
        columns["profile"].append(draft.profile_id)
        columns["message"].append(str(message_id))
        columns["cause"].append(draft.cause)
        columns["segments"].append(array(draft.segment_ids))
        columns["payload"].append(body.decode())
    cursor.execute(_INSERT, (account_id, at, at, numbers, *columns.values()))


def next_ids(cursor: Cursor[Any], count: int) -> list[int]:
    """So many new sequence numbers, rising."""
    cursor.execute(_NEXT_IDS, (count,))
    return [row[0] for row in cursor.fetchall()]


def array(numbers: Iterable[int]) -> str:
    """An array as text: arrays of arrays would all have to be of one length."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _missed(
    cursor: Cursor[Any], listener: Listener, update: ProfileUpdate, told: Told
) -> list[Transition]:
    """The enters that the backfill has not come to, and that are to be told now.

    Those of a user who leaves, and those of profiles that became one: the walk may
    have gone past the one that is left.
    """
    untold = told.untold(listener, update)
    if not untold:
        return []
    exits = {t.segment_id: t for t in update.transitions if t.event == "exit"}
    missed = [
        Transition(s, "enter", exits[s].entered_at, exits[s].exit_at)
        for s in untold
        if s in exits
    ]
    staying = [s for s in untold if s in update.member_after]
    if update.merged_ids and staying:
        cursor.execute(_ENTERED_AT, (update.profile_id, staying))
        missed += [Transition(row[0], "enter", row[1], None) for row in cursor]
    return missed


def _changed(listener: Listener, update: ProfileUpdate) -> Sequence[int]:
    """The segments of whose member a watched field has changed."""
    if not listener.field_changes & update.changed:
        return ()
    members = update.member_before & update.member_after
    return sorted(members & listener.segments.keys())


def _final(survivors: Mapping[int, int], profile_id: int) -> int:
    while profile_id in survivors:
        profile_id = survivors[profile_id]
    return profile_id
