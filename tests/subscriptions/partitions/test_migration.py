"""What there was of deliveries becomes the first partition, as it is."""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.operations.hosts import manage

BEFORE, AFTER = "0011_lean_deliveries", "0012_partitions"
NAME = "before_partitions"
LAST = 1_999_999_000  # its range would be used up soon
ROWS = f"""
INSERT INTO accounts_account
       (public_id, name, time_zone, identity_fields, settings, created_at)
VALUES ('a', 'Own', 'UTC', '{{user_id}}', '{{}}', now());
INSERT INTO jobs_job
       (public_id, workflow, label, description, config, state, state_reason,
        created_at, updated_at, account_id)
SELECT 'j', 'webhook_triggers', '', '', '{{}}', 'running', '', now(), now(), id
FROM accounts_account;
INSERT INTO subscriptions_subscription
       (public_id, name, description, channel, segmentql, config, secrets, withbackfill,
        created_at, updated_at, failures_in_a_row, account_id, job_id)
SELECT 's', '', '', 'webhook', '', '{{}}', '', false, now(), now(), 0, account_id, id
FROM jobs_job;
SELECT setval('subscriptions_delivery_id_seq', {LAST - 3});
INSERT INTO subscriptions_delivery
       (account_id, subscription_id, profile_id, message_id, cause, payload, state,
        attempts, next_attempt_at, created_at)
SELECT account_id, id, n, gen_random_uuid(), 'event', '{{"b": 1, "a": 2}}', 'pending',
       0, now(), now()
FROM subscriptions_subscription, generate_series(1, 3) n;
INSERT INTO subscriptions_attempt
       (account_id, delivery_id, at, outcome, latency_ms, answer, error)
SELECT account_id, id, now(), 'transient', 5, '', '' FROM subscriptions_delivery
"""
DELIVERIES = """
SELECT id, profile_id, payload::text, state, created_at FROM subscriptions_delivery
ORDER BY id
"""
ATTEMPTS = "SELECT delivery_id, id, at FROM subscriptions_attempt ORDER BY id"
OIDS = "SELECT to_regclass('subscriptions_delivery{0}')::oid::bigint,"
OIDS += " to_regclass('subscriptions_attempt{0}')::oid::bigint"
DEFINED = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'subscriptions_delivery'::regclass
UNION ALL
SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid IN ('subscriptions_delivery'::regclass,
                   'subscriptions_attempt'::regclass) AND contype = 'f'
  AND confrelid <> 'subscriptions_delivery'::regclass
"""
LATER = """
INSERT INTO subscriptions_delivery
       (account_id, subscription_id, profile_id, message_id, cause, payload, state,
        attempts, next_attempt_at, created_at)
SELECT account_id, id, 9, gen_random_uuid(), 'event', '{}', 'pending', 0, now(), now()
FROM subscriptions_subscription RETURNING id
"""


@pytest.fixture
def database():
    """The address of a database of its own."""
    shared = os.environ["DATABASE_URL"]
    with psycopg.connect(shared, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {NAME}")
        try:
            yield urlunsplit(urlsplit(shared)._replace(path=f"/{NAME}"))
        finally:
            session.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def migrate(database, *until):
    done = manage(
        "migrate",
        "--verbosity=0",
        *until,
        environ={**os.environ, "DATABASE_URL": database},
    )
    assert done.returncode == 0, done.stderr


def found(session, query):
    return session.execute(query).fetchall()


def test_nothing_is_copied_and_nothing_lost(database):
    migrate(database, "subscriptions", BEFORE)
    with psycopg.connect(database, autocommit=True) as session:
        session.execute(ROWS)
        before = [found(session, query) for query in (DELIVERIES, ATTEMPTS)]
        tables = found(session, OIDS.format(""))
        defined = {row[0].replace(" ONLY ", " ") for row in found(session, DEFINED)}
        migrate(database, "subscriptions", AFTER)

        assert [found(session, query) for query in (DELIVERIES, ATTEMPTS)] == before
        assert found(session, OIDS.format("_0")) == tables
        after = {row[0].replace(" ONLY ", " ") for row in found(session, DEFINED)}
        assert after == defined
        assert before[0][-1][0] == LAST
        assert found(session, LATER) == [(LAST + 1,)]
        bounds = found(
            session,
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname IN"
            " ('subscriptions_delivery_0', 'subscriptions_delivery_3') ORDER BY relname",
        )
        assert bounds == [
            ("FOR VALUES FROM ('0') TO ('3000000000')",),
            ("FOR VALUES FROM ('3000000000') TO ('4000000000')",),
        ]
