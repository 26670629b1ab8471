"""The message, as documented: the user's fields, what happened, and its own data.

Beyond the documented keys, `meta` holds the message's `id`, its `sequence`, which
rises per user and subscription, and its `cause`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from segments.pipeline.triggers import Transition
from segments.profiles.render import rfc3339
from subscriptions.listeners import Listener

STILL_IN_YEAR = 2099


def build(
    listener: Listener,
    fields: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    members: Collection[int],
    *,
    message_id: UUID,
    sequence: int,
    cause: str,
    at: datetime,
) -> bytes:
    """The message as it is sent; `members` are the segments that the user is in."""
    data = {**listener.chosen(fields), "segment_events": events}
    if listener.slugs is not None:
        slugs = (listener.slugs.get(each) for each in members)
        data["segments"] = sorted(slug for slug in slugs if slug is not None)
    return orjson.dumps(
        {
            "data": data,
            "meta": {
                "object": "user",
                "source": "subscription",
                "subscription_id": listener.public_id,
                "timestamp": rfc3339(at),
                "id": str(message_id),
                "sequence": sequence,
                "cause": cause,
            },
        }
    )


def segment_event(
    listener: Listener, transition: Transition, at: datetime
) -> dict[str, str]:
    """What happened in one segment."""
    segment = listener.segments[transition.segment_id]
    exit_at = transition.exit_at or far_future(at)
    return {
        "id": segment.public_id,
        "slug": segment.slug,
        "event": transition.event,
        "enter": rfc3339(transition.entered_at),
        "exit": rfc3339(exit_at),
    }


def change_event(listener: Listener, segment_id: int) -> dict[str, str]:
    """That a field of a member of the segment has changed."""
    segment = listener.segments[segment_id]
    return {"id": segment.public_id, "slug": segment.slug, "event": "change"}


def far_future(at: datetime) -> datetime:
    """The exit shown while none is known: the same day, in the year 2099."""
    if (at.month, at.day) == (2, 29):
        at = at.replace(day=28)
    return at.replace(year=STILL_IN_YEAR)
