"""The bodies of the endpoints about backfills, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from lyticsapp.accounts.answers import answer
from subscriptions.backfill import WaitsFor
from subscriptions.forecast import SETTINGS, RateBy
from subscriptions.models import BackfillState

FORECAST_SETTINGS = ", ".join(f"`{setting.name}`" for setting in SETTINGS)


class BackfillShown(serializers.Serializer[Any]):
    """How far the walk over those who are members already has come."""

    state = serializers.ChoiceField(BackfillState.choices)
    waits_for = serializers.ChoiceField(
        [*WaitsFor],
        allow_null=True,
        help_text="For who is in its `segments` to be worked out, or for `deliveries`: "
        "messages before its own.",
    )
    done = serializers.IntegerField(help_text="Members it has looked at.")
    total = serializers.IntegerField(allow_null=True, help_text="null until counted.")
    rate = serializers.FloatField(help_text="Members a second since it went on.")
    seconds_left = serializers.FloatField(allow_null=True)
    rate_limit = serializers.IntegerField(
        allow_null=True, help_text="The most messages a second; null for any number."
    )
    sample = serializers.BooleanField(help_text="Whether it is of 1 % of the members.")
    started = serializers.DateTimeField()
    ended = serializers.DateTimeField(allow_null=True)


class ForecastShown(serializers.Serializer[Any]):
    """What a backfill will come to."""

    messages = serializers.IntegerField(
        help_text="At most: who is told of already is not told of again."
    )
    exact = serializers.BooleanField(help_text="False where that is an estimate.")
    margin = serializers.IntegerField(
        help_text="The true number lies within so many of the estimate, in 95 of 100 "
        "cases; 0 where it is exact."
    )
    computing = serializers.BooleanField(
        help_text="It is still being worked out who is in a segment: there may be more."
    )
    sample = serializers.BooleanField(help_text="Whether it is of 1 % of the members.")
    rate = serializers.FloatField(
        allow_null=True, help_text="Messages a second; null where nothing tells."
    )
    rate_by = serializers.ChoiceField(
        [*RateBy],
        help_text="The lowest limit that is set; or the `deliveries` of the last day "
        "to such destinations, which may bear more.",
    )
    seconds = serializers.FloatField(allow_null=True)


BackfillBody = inline_serializer(
    "BackfillBody",
    {
        "sample": serializers.BooleanField(
            required=False, help_text="Of 1 % of the members, always the same ones."
        ),
        "preview": serializers.BooleanField(
            required=False, help_text="Only tell what it will come to."
        ),
    },
)
RateLimitBody = inline_serializer(
    "BackfillRateLimitBody",
    {
        "rate_limit": serializers.IntegerField(
            allow_null=True, help_text="The most messages a second; null for any."
        )
    },
)
BEGUN_ANSWER = answer(
    "SubscriptionBackfillBegunAnswer",
    inline_serializer(
        "BackfillBegun",
        {
            "forecast": ForecastShown(),
            "backfill": BackfillShown(
                allow_null=True, help_text="As it is now; null where there is none."
            ),
        },
    ),
)
BACKFILL_ANSWER = answer("SubscriptionBackfillAnswer", BackfillShown(allow_null=True))
FORECAST_ANSWER = answer("SubscriptionForecastAnswer", ForecastShown())
