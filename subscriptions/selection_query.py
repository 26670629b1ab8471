"""Messages as people and programs say which they mean: in a query, by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from lyticsapp.accounts.models import Account
from lyticsapp.declaration.errors import InvalidSettingError
from segments.definitions import lookup as segment_lookup
from segments.filterql.datemath import shifted_now
from segments.filterql.dates import parse_date
from segments.membership.listing import with_identity
from subscriptions import lookup
from subscriptions.models import DeliveryState
from subscriptions.outcome import NAMES
from subscriptions.selection import Selection

MOST_IDS = 1_000
CAUSES = ("event", "definition", "backfill", "merge", "reconcile", "replay")
PARAMETERS: Mapping[str, str] = {
    "subscription": "The id of a subscription.",
    "state": f"One of: {', '.join(DeliveryState.values)}.",
    "outcome": f"The class of the error, of the last try: {', '.join(NAMES)}.",
    "cause": f"One of: {', '.join(CAUSES)}.",
    "segment": "The id or slug of a segment it tells of.",
    "user": "The value of one of the user's identities.",
    "message": "The id that the receiver knows the message by.",
    "since": "Created then or later: an instant, or such as `now-1d`.",
    "until": "Created before then: an instant, or such as `now-1h`.",
    "ids": "Sequence numbers, separated by commas.",
}
"""What messages are selected by, and what each parameter says."""


def read(account: Account, query: Mapping[str, Any]) -> Selection:
    """The messages that a query means; empty parameters and all others say nothing.

    Raises InvalidSettingError, UnknownSubscriptionError and UnknownSegmentError.
    """
    said = {name: str(query.get(name) or "").strip() for name in PARAMETERS}
    subscription, segment = said["subscription"], said["segment"]
    return Selection(
        ids=_numbers(said["ids"]),
        message_id=_message(said["message"]),
        subscription_id=lookup.get(account, subscription).pk if subscription else None,
        state=_one_of("state", said["state"], DeliveryState.values),
        outcome=_one_of("outcome", said["outcome"], NAMES),
        cause=_one_of("cause", said["cause"], CAUSES),
        segment_id=segment_lookup.get(account, segment).pk if segment else None,
        profile_id=_profile(account, said["user"]),
        since=_instant("since", said["since"]),
        until=_instant("until", said["until"]),
    )


def _one_of(name: str, text: str, known: tuple[str, ...] | list[str]) -> str:
    if text and text not in known:
        raise InvalidSettingError(name, f"must be one of: {', '.join(known)}.")
    return text


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise InvalidSettingError("ids", "must be numbers, separated by commas.")
    if len(parts) > MOST_IDS:
        raise InvalidSettingError("ids", f"are over {MOST_IDS:,}.")
    return tuple(map(int, parts))


def _message(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError as error:
        raise InvalidSettingError("message", "is not the id of a message.") from error


def _profile(account: Account, value: str) -> int | None:
    if not value:
        return None
    profile = with_identity(account, value).first()
    if profile is None:
        raise InvalidSettingError("user", f"{value!r} is nobody's identity.")
    return int(profile.pk)


def _instant(name: str, text: str) -> datetime | None:
    if not text:
        return None
    found = shifted_now(text, timezone.now()) or parse_date(text)
    if found is None:
        raise InvalidSettingError(
            name, f"{text!r} is no instant. Write 2026-11-26T14:00:00Z, or now-1d."
        )
    return found
