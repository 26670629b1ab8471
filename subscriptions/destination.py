"""A subscription as it is sent to, and how its destination fares."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from lyticsapp.authorizations.credentials import (
    Credentials,
    credentials_of,
    no_credentials,
)
from lyticsapp.declaration.settings import Stored, reveal
from lyticsapp.jobs import lifecycle as jobs
from lyticsapp.jobs.errors import TransitionError
from lyticsapp.jobs.models import Job, JobLog, LogLevel
from lyticsapp.masking import redacted, secret_texts
from subscriptions import channel, sql
from subscriptions.channel import Channel, Limits
from subscriptions.common_settings import RATE_LIMIT, USUAL_WORKERS, WORKER_COUNT
from subscriptions.models import Subscription
from subscriptions.outcome import Delivered, Outcome
from subscriptions.pace import Pace, pace_of
from subscriptions.retry import DOWN_AFTER, Standing

CACHED = 256

_CALL_THE_TRIED = """
UPDATE subscriptions_delivery d SET next_attempt_at = %(now)b
WHERE d.id IN (
    SELECT e.id FROM subscriptions_delivery e
    WHERE e.subscription_id = %(subscription)b AND e.state = 'pending'
      AND e.next_attempt_at > %(now)b AND e.attempts > 0
    ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where messages go: how the channel sends, and with which settings."""

    subscription_id: int
    account_id: int
    job_id: int
    channel: Channel
    limits: Limits
    config: dict[str, Any] = field(repr=False)
    credentials: Credentials
    secrets: tuple[str, ...] = field(repr=False)

    def pace(self) -> Pace:
        """How fast it is sent to, as far as this process has learned."""
        workers = self.config.get(WORKER_COUNT.name, USUAL_WORKERS)
        rate = self.config.get(RATE_LIMIT.name)
        return pace_of(self.subscription_id, workers, rate)

    def without_secrets(self, outcome: Outcome) -> Outcome:
        """What came of a try, without secrets that a receiver may have sent back."""
        if not self.secrets:
            return outcome
        verdict = outcome.verdict
        if not isinstance(verdict, Delivered):
            reason = redacted(verdict.reason, self.secrets)
            verdict = replace(verdict, reason=reason)
        answer = redacted(outcome.answer, self.secrets)
        return replace(outcome, verdict=verdict, answer=answer)


@lru_cache(maxsize=CACHED)
def load(subscription_id: int, updated_at: datetime) -> Destination:
    """The destination, with its secrets, as it was saved at that time.

    That is when it or its authorization was changed last.
    """
    subscription = Subscription.across_accounts.select_related(
        "job__authorization"
    ).get(pk=subscription_id)
    authorization = subscription.job.authorization
    if authorization is None:
        credentials, theirs = no_credentials(subscription.account_id), {}
    else:
        credentials, theirs = credentials_of(authorization), authorization.secrets
    way = channel.get(subscription.channel)
    config = reveal(Stored(subscription.config, subscription.secrets))
    return Destination(
        subscription_id=subscription.id,
        account_id=subscription.account_id,
        job_id=subscription.job_id,
        channel=way,
        limits=way.limits(config),
        config=config,
        credentials=credentials,
        secrets=(*secret_texts(subscription.secrets), *secret_texts(theirs)),
    )


def as_saved(subscription: Subscription) -> Destination:
    """The destination as it is saved now; raises DecryptionError."""
    authorization = subscription.job.authorization
    changed = [subscription.updated_at]
    if authorization is not None:
        changed.append(authorization.updated_at)
    return load(subscription.pk, max(changed))


def stop(subscription_id: int, reason: str) -> None:
    """Send nothing until somebody has mended what is wrong; go on collecting."""
    now = timezone.now()
    with suppress(TransitionError), transaction.atomic():  # or nothing is sent anyway
        rows = Job.across_accounts.defer("secrets")
        jobs.stop(rows.get(subscription=subscription_id), reason)
        Subscription.across_accounts.filter(pk=subscription_id).update(stopped_at=now)


def note(
    destination: Destination, before: int, standing: Standing, reason: str
) -> None:
    """Write down how the destination fares where that has changed."""
    now = timezone.now()
    held = standing.hold_s
    held_until = None if held is None else now + timedelta(seconds=held)
    if before == standing.failures_in_a_row and held_until is None:
        return
    since = (
        Coalesce("failing_since", Value(now)) if standing.failures_in_a_row else None
    )
    Subscription.across_accounts.filter(pk=destination.subscription_id).update(
        failures_in_a_row=standing.failures_in_a_row,
        failing_since=since,
        held_until=held_until,
    )
    if before < DOWN_AFTER <= standing.failures_in_a_row:
        _log(
            destination,
            LogLevel.WARNING,
            f"The destination failed {DOWN_AFTER} times in a row and is left alone "
            f"for a while, then longer each time: {reason}",
        )
    if standing.failures_in_a_row < DOWN_AFTER <= before:
        sql.rows(
            _CALL_THE_TRIED,
            {"subscription": destination.subscription_id, "now": now},
        )
        _log(destination, LogLevel.INFO, "The destination is back.")


def _log(destination: Destination, level: LogLevel, message: str) -> None:
    JobLog.across_accounts.create(
        account_id=destination.account_id,
        job_id=destination.job_id,
        level=level,
        message=message,
    )
