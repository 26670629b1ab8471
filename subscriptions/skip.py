"""Resuming after a pause with less than was collected.

Of the messages that wait, all but the latest of each user are skipped, or every one,
a chunk a transaction; then the job is resumed. It goes on at its cursor after a kill.
Messages that are written meanwhile stay, and what is on its way just now is left alone.

A message is skipped as not the latest when everything that it tells is told again, of
the same segments, by a later message of the user that waits. Of messages that are sent
again, the first sequence number says what is later, as in the ledger.
"""

from __future__ import annotations

import time
from typing import LiteralString

from django.db import transaction
from django.utils import timezone

from lyticsapp.accounts.audit import Actor
from lyticsapp.jobs.errors import TransitionError
from lyticsapp.jobs.models import JobState
from segments.definitions import lock
from subscriptions import deliverer_lock, hints, lifecycle, sql
from subscriptions.models import Backlog, Delivery, Skipping, Subscription

CHUNK = 2_000
SLICE_S = 1.0
REASONS = {
    Backlog.LATEST: "A later message of the user tells all that it does.",
    Backlog.NONE: "The job was resumed without what had been collected.",
}

_WAITING = """
SELECT id FROM subscriptions_delivery
WHERE subscription_id = %b AND state = 'pending' AND id > %b AND id <= %b
ORDER BY id LIMIT %b::int
"""
_SKIP = """
UPDATE subscriptions_delivery d
SET state = 'skipped', reason = %(reason)b, ended_at = %(now)b
WHERE d.id = ANY(%(ids)b) AND d.state = 'pending'
  AND d.id NOT IN (
      SELECT unnest(delivery_ids) FROM subscriptions_lease
      WHERE subscription_id = %(subscription)b AND until > %(now)b
  )
"""
_SKIP_SUPERSEDED = f"""
{_SKIP}  AND NOT EXISTS (
      SELECT 1 FROM json_array_elements(d.payload -> 'data' -> 'segment_events') e
      WHERE NOT EXISTS (
          SELECT 1 FROM subscriptions_delivery later
          CROSS JOIN LATERAL
              json_array_elements(later.payload -> 'data' -> 'segment_events') told
          WHERE later.subscription_id = d.subscription_id
            AND later.profile_id = d.profile_id AND later.state = 'pending'
            AND (coalesce(later.first_id, later.id), later.id)
                > (coalesce(d.first_id, d.id), d.id)
            AND told ->> 'id' = e ->> 'id'
            AND (told ->> 'event' <> 'change' OR e ->> 'event' = 'change')
      )
  )
"""  # noqa: S608 - a statement of ours, with more to it
# Those that waited for one that was skipped, and were put off until its next try.
_CALL = """
UPDATE subscriptions_delivery SET next_attempt_at = %(now)b
WHERE subscription_id = %(subscription)b AND state = 'pending' AND attempts = 0
  AND next_attempt_at > %(now)b
"""


def resume(subscription: Subscription, backlog: Backlog, actor: Actor) -> None:
    """Resume, at once or after messages were skipped; raises TransitionError."""
    if backlog is Backlog.ALL:
        lifecycle.resume(subscription, actor)
        return
    with lock.exclusive(subscription.account_id):
        subscription.job.refresh_from_db(fields=["state"])
        if subscription.job.state != JobState.PAUSED:
            raise TransitionError(JobState(subscription.job.state), JobState.RUNNING)
        newest = Delivery.objects.for_account(subscription.account_id).order_by("-pk")
        Skipping.across_accounts.update_or_create(
            subscription=subscription,
            defaults={
                "account_id": subscription.account_id,
                "backlog": backlog,
                "cursor": 0,
                "last_id": newest.values_list("pk", flat=True).first() or 0,
                "skipped": 0,
                "created_by": actor.author,
            },
        )
    transaction.on_commit(lambda: hints.hint_skip(subscription.pk))


def of(subscription: Subscription) -> Skipping | None:
    """What is being skipped just now; None where nothing is."""
    rows = Skipping.objects.for_account(subscription.account_id)
    found: Skipping | None = rows.filter(subscription=subscription).first()
    return found


def unfinished() -> list[int]:
    """The subscriptions, of all accounts, whose messages are being skipped."""
    rows = Skipping.across_accounts.order_by("pk")
    return list(rows.values_list("subscription_id", flat=True))


def work(subscription_id: int) -> bool:
    """Skip for a while; true where the time was up and there is more.

    Nothing is skipped while a deliverer is still at the subscription.
    """
    ends_at = time.monotonic() + SLICE_S
    with deliverer_lock.alone(subscription_id) as is_alone:
        while is_alone and step(subscription_id):
            if time.monotonic() >= ends_at:
                return True
    return False


def step(subscription_id: int) -> bool:
    """Skip the next chunk, or resume where nothing is left; false in the end."""
    with transaction.atomic():
        begun = _take(subscription_id)
        if begun is None:
            return False
        is_paused = begun.subscription.job.state == JobState.PAUSED
        ids = _waiting(begun) if is_paused else []
        if ids:
            query = _SKIP if begun.backlog == Backlog.NONE else _SKIP_SUPERSEDED
            begun.skipped += _skip(query, begun, ids)
            begun.cursor = ids[-1]
            begun.save(update_fields=["skipped", "cursor"])
            return True
    _end(begun)
    return False


def _take(subscription_id: int) -> Skipping | None:
    rows = Skipping.across_accounts.select_for_update(skip_locked=True, of=("self",))
    found: Skipping | None = (
        rows.select_related("subscription__job", "subscription__account", "created_by")
        .filter(subscription=subscription_id)
        .first()
    )
    return found


def _waiting(begun: Skipping) -> list[int]:
    reach = (begun.subscription_id, begun.cursor, begun.last_id, CHUNK)
    return [row[0] for row in sql.rows(_WAITING, reach)]


def _skip(query: LiteralString, begun: Skipping, ids: list[int]) -> int:
    values = {
        "subscription": begun.subscription_id,
        "ids": ids,
        "reason": REASONS[Backlog(begun.backlog)],
        "now": timezone.now(),
    }
    with sql.raw_cursor() as cursor:
        cursor.execute(query, values)
        return cursor.rowcount


def _end(begun: Skipping) -> None:
    """Resume, unless somebody has steered the job otherwise, or chosen anew."""
    with lock.exclusive(begun.account_id):
        rows = Skipping.objects.for_account(begun.account_id)
        ended, _ = rows.filter(pk=begun.pk, cursor=begun.cursor).delete()
        job = begun.subscription.job
        job.refresh_from_db(fields=["state"])
        if ended and job.state == JobState.PAUSED:
            now = timezone.now()
            sql.rows(_CALL, {"subscription": begun.subscription_id, "now": now})
            lifecycle.resume(begun.subscription, Actor(user=begun.created_by))
