"""The message that a user would cause, made without writing or sending one."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from segments.definitions import lock
from segments.definitions.models import Segment
from segments.membership.models import Membership
from segments.pipeline.triggers import Transition
from segments.profiles.models import Field, FieldType, Profile
from segments.profiles.render import render
from subscriptions.channel import Message
from subscriptions.errors import UnknownSubscriptionError
from subscriptions.listeners import Listener, SegmentName, find
from subscriptions.message import build, segment_event
from subscriptions.models import Subscription
from subscriptions.sql import raw_cursor

CAUSE = "test"
SEQUENCE = 0
"""Lower than that of any message that is written."""
MADE_UP: Mapping[str, Any] = {"user_id": "test-user", "email": "test-user@example.com"}
A_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _User:
    """Somebody real, or made up."""

    id: int
    fields: Mapping[str, Any]
    members: Collection[int]
    entered: Mapping[int, datetime]


def of_subscription(subscription: Subscription) -> Message:
    """What it would be sent of one of its members; of a made-up one if it has none."""
    account_id = subscription.account_id
    with transaction.atomic(), raw_cursor() as cursor:
        version = lock.shared(cursor, account_id)
        listener = find(account_id, version, subscription.pk)
    if listener is None:
        raise UnknownSubscriptionError(subscription.public_id)
    now = datetime.now(UTC)
    user = _a_member(account_id, listener) or _made_up(listener, now)
    return _message(listener, user, list(user.entered), now)


def of_profile(
    profile: Profile, segments: Sequence[Segment], user_fields: Sequence[str]
) -> Message:
    """What a subscription to these segments would be sent should the user enter them.

    Of a segment that the user is in, the message tells since when.
    """
    names = {each.pk: SegmentName(each.public_id, each.slug) for each in segments}
    listener = Listener(0, "", names, False, user_fields=frozenset(user_fields))
    user = _user(profile, listener)
    return _message(listener, user, list(names), datetime.now(UTC))


def _message(
    listener: Listener, user: _User, told_of: Sequence[int], now: datetime
) -> Message:
    event: Any = "enter" if "enter" in listener.tells else "exit"
    exit_at = now if event == "exit" else None
    moves = [
        Transition(each, event, user.entered.get(each, now), exit_at)
        for each in told_of
    ]
    message_id = uuid.uuid4()
    body = build(
        listener,
        user.fields,
        [segment_event(listener, move, now) for move in moves],
        user.members,
        message_id=message_id,
        sequence=SEQUENCE,
        cause=CAUSE,
        at=now,
    )
    return Message(message_id, SEQUENCE, user.id, now, body)


def _a_member(account_id: int, listener: Listener) -> _User | None:
    member = (
        Membership.objects.for_account(account_id)
        .filter(segment__in=list(listener.segments), left_at=None)
        .select_related("profile")
        .first()
    )
    return None if member is None else _user(member.profile, listener)


def _user(profile: Profile, listener: Listener) -> _User:
    account_id = profile.account_id
    kinds = Field.objects.for_account(account_id).values_list("name", "type")
    types = {name: FieldType(kind) for name, kind in kinds}
    entered = Membership.objects.for_account(account_id).filter(
        profile=profile, segment__in=list(listener.segments), left_at=None
    )
    return _User(
        profile.pk,
        render(profile.fields, types, profile.created_at, profile.modified_at),
        profile.segment_ids,
        dict(entered.order_by("segment").values_list("segment_id", "entered_at")),
    )


def _made_up(listener: Listener, now: datetime) -> _User:
    segment_id = min(listener.segments)
    fields = render(MADE_UP, {}, now - A_MONTH, now)
    return _User(0, fields, {segment_id}, {segment_id: now})
