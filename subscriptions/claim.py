"""Taking messages to send, and writing down what came of them.

What is taken is leased: until the lease ends nobody else takes it, after that
anybody may, so that a deliverer that was killed leaves nothing behind. A message
is taken only when no earlier one of its subscription and user is pending; one that
has to wait is put off until its turn, which comes with the end of the earlier one.

What the planner believes of a queue may be long past, as that it is empty. So rows are
named by arrays of their ids, and the messages of a user are asked for as a stretch of
their index: a wrong belief then costs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from lyticsapp.jobs.models import JobState
from subscriptions import retry, sql
from subscriptions.outcome import Outcome

LEASE_S = 30.0
DELIVERING = [
    JobState.INITIALIZING.value,
    JobState.RUNNING.value,
    JobState.SLEEPING.value,
]

_CLAIM = """
WITH source AS (
    SELECT s.id, s.failures_in_a_row, greatest(s.updated_at, a.updated_at) AS updated_at
    FROM subscriptions_subscription s JOIN jobs_job j ON j.id = s.job_id
    LEFT JOIN authorizations_authorization a ON a.id = j.authorization_id
    WHERE s.id = %(subscription)b AND j.state = ANY(%(delivering)b)
      AND (s.held_until IS NULL OR s.held_until <= %(now)b)
), due AS MATERIALIZED (
    SELECT d.id, d.profile_id
    FROM subscriptions_delivery d
    WHERE d.subscription_id = (SELECT id FROM source)
      AND d.state = 'pending' AND d.next_attempt_at <= %(now)b
    ORDER BY d.next_attempt_at, d.id
    LIMIT %(most)b
    FOR NO KEY UPDATE OF d SKIP LOCKED
), placed AS (
    SELECT due.id, earlier.free_at
    FROM due LEFT JOIN LATERAL (
        SELECT e.next_attempt_at AS free_at
        FROM subscriptions_delivery e
        WHERE e.state = 'pending'
          AND (e.subscription_id, e.profile_id, e.id)
              >= (%(subscription)b, due.profile_id, 0)
          AND (e.subscription_id, e.profile_id, e.id)
              < (%(subscription)b, due.profile_id, due.id)
        ORDER BY e.subscription_id, e.profile_id, e.id LIMIT 1
    ) earlier ON true
), put_off AS (
    UPDATE subscriptions_delivery d
    SET next_attempt_at = coalesce(
        (SELECT p.free_at FROM placed p WHERE p.id = d.id AND p.free_at > %(now)b),
        %(lease)b
    )
    WHERE d.id = ANY(ARRAY(SELECT id FROM placed WHERE free_at IS NOT NULL))
    RETURNING d.id
), taken AS (
    UPDATE subscriptions_delivery d
    SET leased_until = %(lease)b, next_attempt_at = %(lease)b
    WHERE d.id = ANY(ARRAY(
        SELECT id FROM placed WHERE free_at IS NULL
        ORDER BY id
        LIMIT CASE WHEN (SELECT failures_in_a_row FROM source) < %(down)b::int
                   THEN %(most)b::int ELSE 1 END
    ))
    RETURNING d.id, d.profile_id, d.message_id, d.attempts, d.created_at,
              d.payload::text, d.replay
)
SELECT s.failures_in_a_row, s.updated_at, (SELECT count(*) FROM put_off), t.*
FROM source s LEFT JOIN taken t ON true
"""
# What is not on disk when the database crashes is sent again: the commit waits not.
_SETTLE = """
WITH unhurried AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
), result AS (
    SELECT * FROM unnest(
        %(ids)b::bigint[], %(leases)b::timestamptz[], %(states)b::text[],
        %(counted)b::int[], %(next)b::timestamptz[], %(at)b::timestamptz[],
        %(outcomes)b::text[], %(status)b::int[], %(latency)b::int[],
        %(answers)b::text[], %(errors)b::text[]
    ) AS r (id, lease, state, counted, next_attempt_at, at, outcome, status_code,
            latency_ms, answer, error)
), held AS MATERIALIZED (
    SELECT d.id, d.account_id, d.state = 'pending' AND d.leased_until = r.lease AS ours
    FROM subscriptions_delivery d JOIN result r USING (id)
    WHERE d.id = ANY(%(ids)b)
    ORDER BY d.id FOR NO KEY UPDATE OF d
), settled AS (
    UPDATE subscriptions_delivery d
    SET state = r.state, attempts = d.attempts + r.counted, leased_until = NULL,
        outcome = r.outcome, next_attempt_at = r.next_attempt_at,
        ended_at = CASE WHEN r.state = 'pending' THEN NULL ELSE %(now)b END
    FROM result r JOIN held h USING (id)
    WHERE d.id = ANY(%(ids)b) AND d.id = r.id AND h.ours
    RETURNING d.id, d.subscription_id, d.profile_id, d.state
), following AS (
    SELECT f.id FROM settled s CROSS JOIN LATERAL (
        SELECT e.id FROM subscriptions_delivery e
        WHERE e.state = 'pending'
          AND (e.subscription_id, e.profile_id, e.id)
              > (s.subscription_id, s.profile_id, s.id)
          AND (e.subscription_id, e.profile_id, e.id)
              < (s.subscription_id, s.profile_id + 1, 0)
        ORDER BY e.subscription_id, e.profile_id, e.id LIMIT 1
    ) f
    WHERE s.state <> 'pending'
), called AS (
    UPDATE subscriptions_delivery d SET next_attempt_at = %(now)b
    WHERE d.id = ANY(ARRAY(
        SELECT e.id FROM subscriptions_delivery e
        WHERE e.id = ANY(ARRAY(SELECT id FROM following))
          AND e.state = 'pending' AND e.leased_until IS NULL
          AND e.next_attempt_at > %(now)b
        ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED
    ))
    RETURNING d.id
), tried AS (
    INSERT INTO subscriptions_attempt
           (account_id, delivery_id, at, outcome, status_code, latency_ms, answer,
            error)
    SELECT h.account_id, r.id, r.at, r.outcome, r.status_code, r.latency_ms, r.answer,
           r.error
    FROM result r JOIN held h USING (id)
)
SELECT (SELECT count(*) FROM following), (SELECT count(*) FROM unhurried)
"""
_RELEASE = """
UPDATE subscriptions_delivery d SET leased_until = NULL, next_attempt_at = %(now)b
WHERE d.id = ANY(ARRAY(
    SELECT e.id FROM subscriptions_delivery e
    WHERE e.id = ANY(%(ids)b) AND e.state = 'pending' AND e.leased_until = %(lease)b
    ORDER BY e.id FOR NO KEY UPDATE
))
"""
_IS_OPEN = """
SELECT 1 FROM subscriptions_subscription s JOIN jobs_job j ON j.id = s.job_id
WHERE s.id = %(subscription)b AND j.state = ANY(%(delivering)b)
"""
# Ordered, so that the index is read, and neither a join nor a scan of the queue.
_IS_DUE = """
SELECT s.id FROM subscriptions_subscription s JOIN jobs_job j ON j.id = s.job_id
WHERE (%(subscription)b::int IS NULL OR s.id = %(subscription)b::int)
  AND j.state = ANY(%(delivering)b)
  AND (s.held_until IS NULL OR s.held_until <= %(now)b)
  AND (
      SELECT d.next_attempt_at FROM subscriptions_delivery d
      WHERE d.subscription_id = s.id AND d.state = 'pending'
      ORDER BY d.next_attempt_at, d.id LIMIT 1
  ) <= %(now)b
ORDER BY s.id
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is ours to send until its lease ends."""

    id: int
    profile_id: int
    message_id: UUID
    failures: int
    created_at: datetime
    body: bytes
    replay: int
    lease: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What was taken, and how the subscription stood."""

    taken: Sequence[Taken]
    put_off: int
    failures_in_a_row: int
    updated_at: datetime | None
    """When its settings were last changed; None where nothing is sent now."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a message."""

    taken: Taken
    outcome: Outcome
    decision: retry.Decision


def claim(subscription_id: int, most: int) -> Claim:
    """Take what is due, the earliest first; of a destination that is down, one."""
    now = timezone.now()
    lease = now + timedelta(seconds=LEASE_S)
    found = sql.rows(
        _CLAIM,
        {
            "subscription": subscription_id,
            "delivering": DELIVERING,
            "now": now,
            "lease": lease,
            "down": retry.DOWN_AFTER,
            "most": most,
        },
    )
    if not found:
        return Claim((), 0, 0, None)
    taken = [
        Taken(
            id=row[3],
            profile_id=row[4],
            message_id=row[5],
            failures=row[6],
            created_at=row[7],
            body=row[8].encode(),
            replay=row[9],
            lease=lease,
        )
        for row in found
        if row[3] is not None
    ]
    taken.sort(key=lambda each: each.id)
    failures, updated_at, put_off = found[0][:3]
    return Claim(taken, put_off, failures, updated_at)


def settle(results: Sequence[Result]) -> bool:
    """Write down what came of these; those whose lease was lost stay as they are.

    Returns whether the turn of further messages has come by it.
    """
    now = timezone.now()
    found = sql.rows(
        _SETTLE,
        {
            "now": now,
            "ids": [r.taken.id for r in results],
            "leases": [r.taken.lease for r in results],
            "states": [r.decision.state for r in results],
            "counted": [int(r.decision.counted) for r in results],
            "next": [now + timedelta(seconds=r.decision.wait_s) for r in results],
            "at": [r.outcome.at for r in results],
            "outcomes": [r.outcome.verdict.name for r in results],
            "status": [r.outcome.status_code for r in results],
            "latency": [r.outcome.latency_ms for r in results],
            "answers": [r.outcome.answer for r in results],
            "errors": [r.outcome.verdict.reason for r in results],
        },
    )
    return bool(found[0][0])


def release(taken: Sequence[Taken]) -> None:
    """Give back what was taken and not tried."""
    for lease in {each.lease for each in taken}:
        ids = [each.id for each in taken if each.lease == lease]
        sql.rows(_RELEASE, {"ids": ids, "lease": lease, "now": timezone.now()})


def is_open(subscription_id: int) -> bool:
    """Whether the subscription is neither paused nor deleted."""
    values = {"subscription": subscription_id, "delivering": DELIVERING}
    return bool(sql.rows(_IS_OPEN, values))


def due(subscription_id: int | None = None) -> list[int]:
    """The subscriptions that have something to send now, of all or of one."""
    found = sql.rows(
        _IS_DUE,
        {
            "subscription": subscription_id,
            "delivering": DELIVERING,
            "now": timezone.now(),
        },
    )
    return [row[0] for row in found]
