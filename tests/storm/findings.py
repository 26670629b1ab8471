"""What is found at rest, beside what must be there."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import psycopg

from tests.receiver import Received
from tests.storm import model
from tests.storm.load import STREAM, Load, User, name_of

_AT_REST = """
SELECT NOT EXISTS (SELECT 1 FROM streams_pendingevent)
   AND NOT EXISTS (SELECT 1 FROM subscriptions_delivery WHERE state = 'pending')
"""
_STORED = """
SELECT (body->>'call')::int, count(*) FROM streams_event GROUP BY 1
"""
_TALLIED = """
SELECT sum(events) FROM streams_streamtally t
JOIN streams_stream s ON s.id = t.stream_id WHERE s.name = %s
"""
_LAST_STEPS = """
SELECT i.value, (p.fields->>'step')::int FROM profiles_identity i
JOIN profiles_profile p ON p.id = i.profile_id WHERE i.field = 'user_id'
"""
_DELIVERIES = """
SELECT d.message_id::text, d.state, d.id, s.name
FROM subscriptions_delivery d
JOIN subscriptions_subscription s ON s.id = d.subscription_id
"""
_RUN_OUT = """
UPDATE subscriptions_delivery SET leased_until = now(), next_attempt_at = now()
WHERE state = 'pending' AND leased_until IS NOT NULL
"""

Connection = psycopg.Connection[Any]


def is_at_rest(connection: Connection) -> bool:
    """Whether all that was accepted is applied, and all messages are delivered."""
    row = connection.execute(_AT_REST).fetchone()
    return row is not None and row[0]


def let_leases_run_out(connection: Connection) -> None:
    """Move time on for messages that a killed deliverer had taken."""
    connection.execute(_RUN_OUT)


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
    connection: Connection, users: Iterable[User], received: list[Received]
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
            _check_listener(subscription, user, by_listener[subscription, user.name])


def copies(received: list[Received]) -> int:
    """How many webhooks were copies of one that had arrived before."""
    ids = Counter(json.loads(webhook.body)["meta"]["id"] for webhook in received)
    return ids.total() - len(ids)


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
    subscription: str, user: User, messages: list[dict[str, Any]]
) -> None:
    """What a subscription was told of a user, in the order in which it arrived."""
    sequences = [message["meta"]["sequence"] for message in messages]
    assert sequences == sorted(sequences), f"{subscription} of {user.name}"
    told = [
        model.Told(message["data"]["step"], _moves(message)) for message in messages
    ]
    if user.both_names:
        _check_alternation(told, user)
    else:
        assert told == model.messages(subscription, user.steps), user.name


def _check_alternation(told: list[model.Told], user: User) -> None:
    """Steps in two lanes may overtake each other; enter and exit still alternate."""
    inside: set[str] = set()
    for message in told:
        for slug, moved in message.moves:
            assert (slug in inside) == (moved == "exit"), f"{user.name}: {told}"
            inside.symmetric_difference_update({slug})


def _moves(message: dict[str, Any]) -> model.Moves:
    return frozenset(
        (event["slug"], event["event"]) for event in message["data"]["segment_events"]
    )
