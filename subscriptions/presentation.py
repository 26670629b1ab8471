"""A subscription as the API shows it, under the documented keys."""

from __future__ import annotations

from typing import Any

from subscriptions.models import Subscription


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
