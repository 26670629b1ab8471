"""A subscription as the API shows it, under the documented keys."""

from __future__ import annotations

from typing import Any

from subscriptions import backfill
from subscriptions.common_settings import BACKFILL_RATE_LIMIT
from subscriptions.figures import Standing
from subscriptions.forecast import Forecast
from subscriptions.models import Reconciliation, Replay, Subscription
from subscriptions.outcome import Outcome


def present(subscription: Subscription) -> dict[str, Any]:
    """The documented keys; what is secret in the settings is masked as it is stored."""
    author = subscription.created_by
    authorization = subscription.job.authorization
    segment_ids = sorted(segment.public_id for segment in subscription.segments.all())
    return {
        "id": subscription.public_id,
        "segment_ids": segment_ids,
        "segmentql": subscription.segmentql,
        "description": subscription.description,
        "name": subscription.name,
        "updated": subscription.updated_at,
        "created": subscription.created_at,
        "user_id": author.public_id if author else "",
        "account_id": subscription.account.public_id,
        "workflow": subscription.job.workflow,
        "work_id": subscription.job.public_id,
        "channel": subscription.channel,
        "authorization_id": authorization.public_id if authorization else "",
        "withbackfill": subscription.withbackfill,
        "config": {
            "channel": subscription.channel,
            "description": subscription.description,
            "name": subscription.name,
            "segment_ids": segment_ids,
            "segmentql": subscription.segmentql,
            **subscription.config,
        },
    }


def present_state(standing: Standing) -> dict[str, Any]:
    """How a subscription fares."""
    job, day, error = (
        standing.subscription.job,
        standing.last_day,
        standing.last_error,
    )
    return {
        "state": job.state,
        "state_reason": job.state_reason,
        "queued": standing.pending,
        "queued_is_capped": standing.is_capped,
        "waiting_since": standing.waiting_since,
        "held_until": standing.held_until,
        "sent": day.delivered,
        "failed": day.failed,
        "dead": day.dead,
        "last_error": error and {"at": error.at, "error": error.text},
        "backfill": present_backfill(standing.subscription),
    }


def present_backfill(subscription: Subscription) -> dict[str, Any] | None:
    """How far its backfill has come; None where there is none."""
    walk = backfill.of(subscription)
    if walk is None:
        return None
    progress = walk.progress
    left = progress.seconds_left
    return {
        "state": walk.state,
        "waits_for": backfill.standstill(subscription),
        "done": progress.done,
        "total": progress.total,
        "rate": round(progress.rate, 1),
        "seconds_left": None if left is None else round(left, 1),
        "rate_limit": subscription.config.get(BACKFILL_RATE_LIMIT.name),
        "sample": walk.is_sample,
        "started": walk.started_at,
        "ended": walk.ended_at,
    }


def present_forecast(forecast: Forecast) -> dict[str, Any]:
    """What a backfill will come to."""
    rate, seconds = forecast.rate, forecast.seconds
    return {
        "messages": forecast.messages.value,
        "exact": forecast.messages.exact,
        "margin": forecast.messages.margin,
        "computing": forecast.is_computing,
        "sample": forecast.is_sample,
        "rate": None if rate is None else round(rate, 1),
        "rate_by": forecast.rate_by,
        "seconds": None if seconds is None else round(seconds, 1),
    }


def present_replay(replay: Replay) -> dict[str, Any]:
    """How far a replay has come."""
    return {
        "number": replay.pk,
        "per_second": replay.per_second,
        "done": replay.done,
        "total": replay.total,
        "created": replay.created_at,
        "ended": replay.ended_at,
        "cancelled": replay.is_cancelled,
    }


def present_reconciliation(begun: Reconciliation) -> dict[str, Any]:
    """How far a comparison, and the writing of its corrections, has come."""
    last = begun.last_profile_id
    return {
        "phase": _phase(begun),
        "percent": min(100, 100 * begun.cursor // last) if last else 100,
        "enters": begun.enters,
        "exits": begun.exits,
        "sent": begun.sent,
        "started": begun.started_at,
        "ended": begun.ended_at,
    }


def _phase(begun: Reconciliation) -> str:
    if begun.ended_at is not None:
        return "done"
    if begun.confirmed_at is not None:
        return "correcting"
    return "comparing" if begun.counted_at is None else "compared"


def present_outcome(outcome: Outcome) -> dict[str, Any]:
    """What came of a try."""
    return {
        "outcome": outcome.verdict.name,
        "status_code": outcome.status_code,
        "latency_ms": outcome.latency_ms,
        "error": outcome.verdict.reason,
        "answer": outcome.answer,
    }
