"""The endpoints about the backfill of a subscription: looking, steering, forecasts."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.api import Envelope, account_of, actor_of
from lyticsapp.jobs.bodies import NO_BODY
from subscriptions import backfill_control, forecast
from subscriptions.api import SubscriptionView
from subscriptions.backfill_bodies import (
    BACKFILL_ANSWER,
    BEGUN_ANSWER,
    FORECAST_ANSWER,
    FORECAST_SETTINGS,
    BackfillBody,
    RateLimitBody,
)
from subscriptions.bodies import SubscriptionBody
from subscriptions.presentation import present_backfill, present_forecast
from subscriptions.steer_api import subscription_of
from subscriptions.steer_request import (
    read_backfill,
    read_forecast,
    read_rate_limit,
)


class SubscriptionBackfill(SubscriptionView):
    """Tells of those who are members already."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Tell how far the backfill of a subscription has come",
        responses={200: BACKFILL_ANSWER},
    )
    def get(self, request: Request, public_id: str) -> Response:
        return Envelope(present_backfill(subscription_of(request, public_id)))

    @extend_schema(
        tags=["subscriptions"],
        summary="Begin a backfill, or tell what it will come to",
        description="Of those whom the destination does not know: after a sample, of "
        "all others; after one that was cancelled, of those it had not come to.",
        request=BackfillBody,
        responses={200: BEGUN_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        subscription = subscription_of(request, public_id)
        said = read_backfill(request.data)
        expected = forecast.again(subscription, is_sample=said.is_sample)
        if not said.is_preview:
            backfill_control.begin(
                subscription, actor_of(request), is_sample=said.is_sample
            )
        shown = present_backfill(subscription)
        return Envelope({"forecast": present_forecast(expected), "backfill": shown})


class SubscriptionBackfillPause(SubscriptionView):
    """Writes no more of it."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Pause the backfill of a subscription; live messages go on",
        request=NO_BODY,
        responses={200: BACKFILL_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        subscription = subscription_of(request, public_id)
        backfill_control.pause(subscription, actor_of(request))
        return Envelope(present_backfill(subscription))


class SubscriptionBackfillResume(SubscriptionView):
    """Goes on where it was."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Resume the backfill of a subscription",
        request=NO_BODY,
        responses={200: BACKFILL_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        subscription = subscription_of(request, public_id)
        backfill_control.resume(subscription, actor_of(request))
        return Envelope(present_backfill(subscription))


class SubscriptionBackfillCancel(SubscriptionView):
    """Ends it."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Cancel the backfill of a subscription; what was written is sent",
        request=NO_BODY,
        responses={200: BACKFILL_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        subscription = subscription_of(request, public_id)
        backfill_control.cancel(subscription, actor_of(request))
        return Envelope(present_backfill(subscription))


class SubscriptionBackfillRateLimit(SubscriptionView):
    """Makes it slower or faster."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Limit the rate of a subscription's backfill, while it goes, too",
        description="The same as its setting `backfill_rate_limit`.",
        request=RateLimitBody,
        responses={200: BACKFILL_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        subscription = subscription_of(request, public_id)
        per_second = read_rate_limit(request.data)
        backfill_control.set_rate_limit(subscription, per_second, actor_of(request))
        return Envelope(present_backfill(subscription))


class SubscriptionForecast(SubscriptionView):
    """What a backfill will come to."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Tell what a backfill will come to, before there is a subscription",
        description="The body is that of the subscription to be made, of which "
        f"`channel`, `segment_ids`, {FORECAST_SETTINGS} count.",
        request=SubscriptionBody,
        responses={200: FORECAST_ANSWER},
    )
    def post(self, request: Request) -> Response:
        account = account_of(request)
        said = read_forecast(account, request.data)
        expected = forecast.before(account, said.channel, said.segments, said.settings)
        return Envelope(present_forecast(expected))
