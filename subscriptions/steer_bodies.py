"""The bodies of the endpoints that steer subscriptions, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from lyticsapp.accounts.answers import Field, answer
from subscriptions import replay, selection_query
from subscriptions.backfill_bodies import BackfillShown
from subscriptions.models import Backlog

SELECTED_BY = {
    name: text
    for name, text in selection_query.PARAMETERS.items()
    if name != "subscription"
}
SELECTION_PARAMETERS = [
    OpenApiParameter(name, description=text) for name, text in SELECTED_BY.items()
]


class LastErrorShown(serializers.Serializer[Any]):
    """Why the newest try failed that did."""

    at = serializers.DateTimeField()
    error = serializers.CharField()


class StateShown(serializers.Serializer[Any]):
    """How a subscription fares."""

    state = serializers.CharField(help_text="Of the job behind it.")
    state_reason = serializers.CharField()
    queued = serializers.IntegerField(help_text="Messages that wait.")
    queued_is_capped = serializers.BooleanField(
        help_text="So many were counted, and there may be more."
    )
    waiting_since = serializers.DateTimeField(allow_null=True)
    held_until = serializers.DateTimeField(
        allow_null=True, help_text="The destination failed, and is left alone."
    )
    sent = serializers.IntegerField(help_text="Delivered in the last 24 hours.")
    failed = serializers.IntegerField(help_text="Failed tries in the last 24 hours.")
    dead = serializers.IntegerField(help_text="Given up in the last 24 hours.")
    last_error = LastErrorShown(allow_null=True)
    backfill = BackfillShown(allow_null=True)


class TryShown(serializers.Serializer[Any]):
    """What came of a try."""

    outcome = serializers.CharField()
    status_code = serializers.IntegerField(allow_null=True)
    latency_ms = serializers.IntegerField()
    error = serializers.CharField()
    answer = serializers.CharField()


class SentTestShown(TryShown):
    """What came of a test, and the message that was sent."""

    message = serializers.DictField()


class DeliveryShown(serializers.Serializer[Any]):
    """A message, and what became of it."""

    id = serializers.CharField(help_text="That the receiver knows the message by.")
    sequence = serializers.IntegerField()
    subscription_id = serializers.CharField()
    state = serializers.CharField()
    outcome = serializers.CharField(help_text="Of the last try.")
    cause = serializers.CharField()
    attempts = serializers.IntegerField()
    created = serializers.DateTimeField()
    ended = serializers.DateTimeField(allow_null=True)
    next_try = serializers.DateTimeField(allow_null=True)
    last_try = TryShown(allow_null=True)
    message = serializers.DictField()


class ReplayShown(serializers.Serializer[Any]):
    """How far a replay has come."""

    number = serializers.IntegerField()
    per_second = serializers.IntegerField()
    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True, help_text="null until counted.")
    created = serializers.DateTimeField()
    ended = serializers.DateTimeField(allow_null=True)
    cancelled = serializers.BooleanField()


class ReconciliationShown(serializers.Serializer[Any]):
    """How far a comparison, and the writing of its corrections, has come."""

    phase = serializers.CharField(help_text="comparing, compared, correcting or done.")
    percent = serializers.IntegerField(help_text="Of all users, looked through.")
    enters = serializers.IntegerField(help_text="That the destination does not know.")
    exits = serializers.IntegerField(help_text="That the destination does not know.")
    sent = serializers.IntegerField(help_text="Users of whom a correction was written.")
    started = serializers.DateTimeField()
    ended = serializers.DateTimeField(allow_null=True)


def _optional(text: str) -> Field:
    return serializers.CharField(required=False, help_text=text)


ReplayBody = inline_serializer(
    "ReplayBody",
    {
        **{name: _optional(text) for name, text in SELECTED_BY.items()},
        "ids": serializers.ListField(
            child=serializers.IntegerField(),
            required=False,
            help_text="Sequence numbers.",
        ),
        "per_second": serializers.IntegerField(
            required=False,
            help_text=f"At most so many messages a second; {replay.PER_SECOND} unless "
            f"said, {replay.MOST_PER_SECOND} at most.",
        ),
        "preview": serializers.BooleanField(
            required=False, help_text="Only tell how many messages that would be."
        ),
    },
)
ReplayAnswered = inline_serializer(
    "ReplayAnswered",
    {
        "messages": serializers.IntegerField(help_text="How many are selected."),
        "is_capped": serializers.BooleanField(
            help_text="So many were counted, and there may be more."
        ),
        "replay": ReplayShown(
            allow_null=True, help_text="What has begun; null for a preview."
        ),
    },
)
PreviewBody = inline_serializer(
    "PreviewBody",
    {
        "segment_ids": serializers.ListField(
            child=serializers.CharField(), help_text="Ids or slugs of segments."
        ),
        "user": serializers.CharField(
            help_text="The value of one of the user's identities."
        ),
        "user_fields": serializers.ListField(
            child=serializers.CharField(),
            required=False,
            help_text="The user fields to send; all where none are named.",
        ),
    },
)
ResumeBody = inline_serializer(
    "ResumeBody",
    {
        "mode": serializers.ChoiceField(
            Backlog.choices,
            required=False,
            help_text="What becomes of the messages that were collected: all are sent "
            "unless said; those that are not are `skipped` first, then it is resumed.",
        )
    },
)
ReconcileBody = inline_serializer(
    "ReconcileBody",
    {
        "confirm": serializers.BooleanField(
            required=False,
            help_text="Send the corrections that were counted; without it, count them.",
        )
    },
)
RECONCILE_ANSWER = answer(
    "SubscriptionReconcileAnswer", ReconciliationShown(allow_null=True)
)
STATE_ANSWER = answer("SubscriptionStateAnswer", StateShown())
TEST_ANSWER = answer("SubscriptionTestAnswer", SentTestShown())
REPLAY_ANSWER = answer("SubscriptionReplayAnswer", ReplayAnswered)
CANCELLED_ANSWER = answer("SubscriptionReplayCancelAnswer", ReplayShown())
REPLAYS_ANSWER = answer("SubscriptionReplaysAnswer", ReplayShown(many=True))
PREVIEW_ANSWER = answer("SubscriptionPreviewAnswer", serializers.DictField())
DELIVERIES_ANSWER = answer(
    "SubscriptionDeliveriesAnswer",
    DeliveryShown(many=True),
    _next=serializers.CharField(help_text="To be sent as `start`; empty at the end."),
)
