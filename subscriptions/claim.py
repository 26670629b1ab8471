"""Taking messages to send, and writing down what came of them.

What is taken together is under one lease: until that ends nobody else takes it, after
that anybody may, so that a deliverer that was killed leaves nothing behind. A message
is taken only when no earlier one of its subscription and user is pending; one that
has to wait is put off until its turn, which comes with the end of the earlier one.

What the planner believes of a queue may be long past, as that it is empty. So rows are
named by arrays of their ids, and the messages of a user are asked for as a stretch of
an index that alone begins with the user: a wrong belief then costs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from lyticsapp.jobs.models import JobState
from subscriptions import retry, sql
from subscriptions.outcome import Outcome

LEASE_S = 30.0
EVER = datetime.min.replace(tzinfo=UTC)
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
), leased AS MATERIALIZED (
    SELECT unnest(delivery_ids) AS id FROM subscriptions_lease
    WHERE subscription_id = %(subscription)b AND until > %(now)b
), due AS MATERIALIZED (
    SELECT d.id, d.profile_id, d.message_id, d.attempts, d.created_at,
           d.payload::text, d.replay, d.next_attempt_at
    FROM subscriptions_delivery d
    WHERE d.subscription_id = (SELECT id FROM source)
      AND d.state = 'pending'
      AND d.next_attempt_at BETWEEN %(since)b AND %(now)b
      AND d.id NOT IN (SELECT id FROM leased)
    ORDER BY d.next_attempt_at, d.id
    LIMIT %(most)b
    FOR NO KEY UPDATE OF d SKIP LOCKED
), placed AS MATERIALIZED (
    SELECT due.*, earlier.free_at
    FROM due LEFT JOIN LATERAL (
        SELECT e.next_attempt_at AS free_at
        FROM subscriptions_delivery e
        WHERE e.state = 'pending'
          AND (e.profile_id, e.subscription_id, e.id)
              >= (due.profile_id, %(subscription)b, 0)
          AND (e.profile_id, e.subscription_id, e.id)
              < (due.profile_id, %(subscription)b, due.id)
        ORDER BY e.profile_id, e.subscription_id, e.id LIMIT 1
    ) earlier ON true
), put_off AS (
    UPDATE subscriptions_delivery d
    SET next_attempt_at = coalesce(
        (SELECT p.free_at FROM placed p WHERE p.id = d.id AND p.free_at > %(now)b),
        %(until)b
    )
    WHERE d.id = ANY(ARRAY(SELECT id FROM placed WHERE free_at IS NOT NULL))
    RETURNING d.id
), taken AS MATERIALIZED (
    SELECT * FROM placed WHERE free_at IS NULL
    ORDER BY id
    LIMIT CASE WHEN (SELECT failures_in_a_row FROM source) < %(down)b::int
               THEN %(most)b::int ELSE 1 END
), lease AS (
    INSERT INTO subscriptions_lease (subscription_id, until, delivery_ids)
    SELECT %(subscription)b, %(until)b, array_agg(id) FROM taken HAVING count(*) > 0
    RETURNING id
)
SELECT s.failures_in_a_row, s.updated_at, (SELECT count(*) FROM put_off),
       (SELECT max(next_attempt_at) FROM due), (SELECT id FROM lease), t.*
FROM source s LEFT JOIN taken t ON true
"""
# What a lease still holds without these messages; one that holds none has ended.
_LESSEN = """
left_over AS MATERIALIZED (
    SELECT l.id, ARRAY(
        SELECT unnest(l.delivery_ids) EXCEPT SELECT unnest(%(ids)b::bigint[])
    ) AS delivery_ids
    FROM subscriptions_lease l WHERE l.id = ANY(%(leases)b::bigint[])
), lessened AS (
    UPDATE subscriptions_lease l SET delivery_ids = o.delivery_ids
    FROM left_over o WHERE l.id = o.id AND o.delivery_ids <> '{}'
), ended AS (
    DELETE FROM subscriptions_lease
    WHERE id = ANY(ARRAY(SELECT id FROM left_over WHERE delivery_ids = '{}'))
)
"""
# What is not on disk when the database crashes is sent again: the commit waits not.
_SETTLE = f"""
WITH unhurried AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
), held AS MATERIALIZED (
    SELECT r.*, d.account_id, d.state = 'pending' AND l.until > %(now)b AS ours
    FROM unnest(
        %(ids)b::bigint[], %(leases)b::bigint[], %(states)b::text[],
        %(counted)b::int[], %(next)b::timestamptz[], %(at)b::timestamptz[],
        %(outcomes)b::text[], %(status)b::int[], %(latency)b::int[],
        %(answers)b::text[], %(errors)b::text[]
    ) AS r (id, lease, new_state, counted, next_attempt_at, at, outcome, status_code,
            latency_ms, answer, error)
    CROSS JOIN LATERAL (
        SELECT e.account_id, e.state FROM subscriptions_delivery e
        WHERE e.id = r.id FOR NO KEY UPDATE
    ) d
    LEFT JOIN subscriptions_lease l ON l.id = r.lease
), settled AS (
    UPDATE subscriptions_delivery d
    SET state = h.new_state, attempts = d.attempts + h.counted, outcome = h.outcome,
        next_attempt_at = h.next_attempt_at,
        ended_at = CASE WHEN h.new_state = 'pending' THEN NULL ELSE %(now)b END
    FROM held h
    WHERE d.id = ANY(%(ids)b) AND d.id = h.id AND h.ours
    RETURNING d.id, d.subscription_id, d.profile_id, d.state
), following AS (
    SELECT f.id FROM settled s CROSS JOIN LATERAL (
        SELECT e.id FROM subscriptions_delivery e
        WHERE e.state = 'pending'
          AND (e.profile_id, e.subscription_id, e.id)
              > (s.profile_id, s.subscription_id, s.id)
          AND (e.profile_id, e.subscription_id, e.id)
              < (s.profile_id, s.subscription_id + 1, 0)
        ORDER BY e.profile_id, e.subscription_id, e.id LIMIT 1
    ) f
    WHERE s.state <> 'pending'
), called AS (
    UPDATE subscriptions_delivery d SET next_attempt_at = %(now)b
    WHERE d.id = ANY(ARRAY(
        SELECT e.id FROM subscriptions_delivery e
        WHERE e.id = ANY(ARRAY(SELECT id FROM following))
          AND e.state = 'pending' AND e.next_attempt_at > %(now)b
        ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED
    ))
    RETURNING d.id
), tried AS (
    INSERT INTO subscriptions_attempt
           (account_id, delivery_id, at, outcome, status_code, latency_ms, answer,
            error)
    SELECT account_id, id, at, outcome, status_code, latency_ms, answer, error
    FROM held
), {_LESSEN}
SELECT (SELECT count(*) FROM following), (SELECT count(*) FROM unhurried)
"""  # noqa: S608 - a statement of ours, with a part that another has too
_DROP_ENDED = "DELETE FROM subscriptions_lease WHERE until <= %b"
_RELEASE = f"WITH {_LESSEN} SELECT count(*) FROM left_over"  # noqa: S608 - as above
_IS_OPEN = """
SELECT 1 FROM subscriptions_subscription s JOIN jobs_job j ON j.id = s.job_id
WHERE s.id = %(subscription)b AND j.state = ANY(%(delivering)b)
"""
# Ordered, so that the index is read, and neither a join nor a scan of the queue.
_IS_DUE = """
WITH leased AS MATERIALIZED (
    SELECT unnest(delivery_ids) AS id FROM subscriptions_lease WHERE until > %(now)b
)
SELECT s.id FROM subscriptions_subscription s JOIN jobs_job j ON j.id = s.job_id
WHERE (%(subscription)b::int IS NULL OR s.id = %(subscription)b::int)
  AND j.state = ANY(%(delivering)b)
  AND (s.held_until IS NULL OR s.held_until <= %(now)b)
  AND (
      SELECT d.next_attempt_at FROM subscriptions_delivery d
      WHERE d.subscription_id = s.id AND d.state = 'pending'
        AND d.id NOT IN (SELECT id FROM leased)
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
    lease: int
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What was taken, and how the subscription stood."""

    taken: Sequence[Taken]
    put_off: int
    reached: datetime
    """When the last of what was looked at was due."""
    failures_in_a_row: int
    updated_at: datetime | None
    """When its settings were last changed; None where nothing is sent now."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a message."""

    taken: Taken
    outcome: Outcome
    decision: retry.Decision


def claim(subscription_id: int, most: int, since: datetime = EVER) -> Claim:
    """Take what is due, the earliest first; of a destination that is down, one.

    What was due before `since` is not looked at, nor what is left there of messages
    that have been sent: an index keeps that for as long as any transaction lasts.
    """
    now = timezone.now()
    until = now + timedelta(seconds=LEASE_S)
    found = sql.rows(
        _CLAIM,
        {
            "subscription": subscription_id,
            "delivering": DELIVERING,
            "since": since,
            "now": now,
            "until": until,
            "down": retry.DOWN_AFTER,
            "most": most,
        },
    )
    if not found:
        return Claim((), 0, EVER, 0, None)
    taken = [
        Taken(
            id=row[5],
            profile_id=row[6],
            message_id=row[7],
            failures=row[8],
            created_at=row[9],
            body=row[10].encode(),
            replay=row[11],
            lease=row[4],
            leased_until=until,
        )
        for row in found
        if row[4] is not None
    ]
    taken.sort(key=lambda each: each.id)
    failures, updated_at, put_off, reached = found[0][:4]
    return Claim(taken, put_off, reached or EVER, failures, updated_at)


def settle(results: Sequence[Result]) -> bool:
    """Write down what came of these; those whose lease has ended stay as they are.

    Returns whether the turn of further messages has come by it.
    """
    now = timezone.now()
    results = sorted(results, key=lambda each: each.taken.id)
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
    leases = list({each.lease for each in taken})
    sql.rows(_RELEASE, {"ids": [each.id for each in taken], "leases": leases})


def drop_ended_leases() -> None:
    """Forget what deliverers had taken that have not lived to write it down."""
    sql.rows(_DROP_ENDED, (timezone.now(),))


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
