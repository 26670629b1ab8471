"""What is found at rest, beside what must be there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg

from tests.receiver import Received
from tests.storm import histories, model
from tests.storm.editing import Edit
from tests.storm.load import STREAM, Load, User, name_of

_AT_REST = """
SELECT NOT EXISTS (SELECT 1 FROM streams_pendingevent)
   AND NOT EXISTS (SELECT 1 FROM subscriptions_delivery WHERE state = 'pending')
   AND NOT EXISTS (SELECT 1 FROM definitions_recompute)
   AND NOT EXISTS (SELECT 1 FROM profiles_profile WHERE due_at IS NOT NULL)
"""
_LEFT_BEHIND = """
SELECT segment_id FROM membership_membership
UNION SELECT unnest(segment_ids) FROM profiles_profile
EXCEPT SELECT id FROM definitions_segment
"""
_STORED = """
SELECT (body->>'call')::int, count(*) FROM streams_event
WHERE body->>'call' IS NOT NULL GROUP BY 1
"""
_TALLIED = """
SELECT sum(events) FROM streams_streamtally t
JOIN streams_stream s ON s.id = t.stream_id WHERE s.name = %s
"""
_LAST_STEPS = """
SELECT i.value, (p.fields->>'step')::int FROM profiles_identity i
JOIN profiles_profile p ON p.id = i.profile_id
WHERE i.field = 'user_id' AND p.fields ? 'step'
"""
_DELIVERIES = """
SELECT d.message_id::text, d.state, d.id, s.name
FROM subscriptions_delivery d
JOIN subscriptions_subscription s ON s.id = d.subscription_id
"""
_RUN_OUT = "UPDATE subscriptions_lease SET until = now()"

Connection = psycopg.Connection[Any]


def is_at_rest(connection: Connection) -> bool:
    """Whether all that was accepted is applied, and all messages are delivered.

    Nobody's segments are walked over any more, and time will move nobody.
    """
    row = connection.execute(_AT_REST).fetchone()
    return row is not None and row[0]


def let_leases_run_out(connection: Connection) -> None:
    """Move time on for messages that a killed deliverer had taken."""
    connection.execute(_RUN_OUT)


def is_rid_of_deleted_segments(connection: Connection) -> bool:
    """Whether nobody is in a segment that there is no longer."""
    return connection.execute(_LEFT_BEHIND).fetchone() is None


def check_events(connection: Connection, load: Load) -> None:
    """Every event answered 200 was stored and applied once, no other more often."""
    stored = dict(connection.execute(_STORED).fetchall())
    assert {number: stored.get(number, 0) for number in load.answered} == dict.fromkeys(
        load.answered, 1
    )
    assert stored.keys() <= load.answered | load.unanswered.keys()
    assert set(stored.values()) == {1}
    tallied = connection.execute(_TALLIED, (STREAM,)).fetchone()
    assert tallied == (len(stored),)


def check_profiles(connection: Connection, users: Iterable[User]) -> None:
    """Every user is where their last step took them."""
    found = dict(connection.execute(_LAST_STEPS).fetchall())
    assert found == {user.name: user.steps for user in users if user.steps}


def check_messages(
    connection: Connection,
    users: Iterable[User],
    received: list[Received],
    edits: Mapping[str, Sequence[Edit]],
) -> None:
    """Every message has arrived, first of all in order; its copies are the same."""
    arrived: dict[str, dict[str, Any]] = {}
    bodies: defaultdict[str, set[bytes]] = defaultdict(set)
    for webhook in received:
        message = json.loads(webhook.body)
        bodies[message["meta"]["id"]].add(webhook.body)
        if webhook.answered == 200:
            arrived.setdefault(message["meta"]["id"], message)
    assert max(map(len, bodies.values())) == 1
    _check_against_outbox(connection, arrived)
    by_listener: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    names = _subscription_names(connection)
    for message in arrived.values():
        subscription = names[message["meta"]["subscription_id"]]
        by_listener[subscription, name_of(message["data"])].append(message)
    for user in users:
        for subscription in model.SUBSCRIPTIONS:
            messages = by_listener.pop((subscription, user.name), [])
            _check_listener(subscription, user, messages, edits)
    assert not by_listener, "somebody else was told of"


def causes(received: list[Received]) -> set[str]:
    """What moved those who were told of."""
    return {json.loads(webhook.body)["meta"]["cause"] for webhook in received}


def _check_against_outbox(
    connection: Connection, arrived: dict[str, dict[str, Any]]
) -> None:
    rows = connection.execute(_DELIVERIES).fetchall()
    assert {row[1] for row in rows} == {"delivered"}
    assert {row[0]: row[2] for row in rows} == {
        message_id: message["meta"]["sequence"]
        for message_id, message in arrived.items()
    }


def _subscription_names(connection: Connection) -> dict[str, str]:
    rows = connection.execute("SELECT public_id, name FROM subscriptions_subscription")
    return dict(rows.fetchall())


def _check_listener(
    subscription: str,
    user: User,
    messages: list[dict[str, Any]],
    edits: Mapping[str, Sequence[Edit]],
) -> None:
    """What a subscription was told of a user, in the order in which it arrived."""
    sequences = [message["meta"]["sequence"] for message in messages]
    assert sequences == sorted(sequences), f"{subscription} of {user.name}"
    for slug in model.SUBSCRIPTIONS[subscription]:
        history = histories.of(messages, slug)
        histories.check_true(history, edits[slug])
        if slug != model.REBASED:
            histories.check_alternation(history)
            histories.check_end(history, edits[slug][-1].filter, user)
        if slug == model.LATELY and not user.both_names:
            histories.check_none_left_too_late(history, user)
    # Steps in two lanes may overtake each other.
    if subscription in model.FORESEEN and not user.both_names:
        told = [
            model.Told(message["data"]["step"], _moves(message)) for message in messages
        ]
        assert told == model.messages(subscription, user.accepted), user.name


def _moves(message: dict[str, Any]) -> model.Moves:
    return frozenset(
        (event["slug"], event["event"]) for event in message["data"]["segment_events"]
    )
