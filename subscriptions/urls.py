"""The addresses of the subscription endpoints."""

from __future__ import annotations

from django.urls import path

from subscriptions import api, backfill_api, steer_api

urlpatterns = [
    path("api/subscription", api.SubscriptionList.as_view(), name="subscription-list"),
    path(
        "api/subscription/preview",
        steer_api.SubscriptionPreview.as_view(),
        name="subscription-preview",
    ),
    path(
        "api/subscription/forecast",
        backfill_api.SubscriptionForecast.as_view(),
        name="subscription-forecast",
    ),
    path(
        "api/subscription/<str:public_id>",
        api.SubscriptionDetail.as_view(),
        name="subscription-detail",
    ),
    path(
        "api/subscription/<str:public_id>/replay/<int:replay>/cancel",
        steer_api.SubscriptionReplayCancel.as_view(),
        name="subscription-replay-cancel",
    ),
    *(
        path(
            f"api/subscription/<str:public_id>/{verb}",
            view.as_view(),
            name=f"subscription-{verb.replace('/', '-')}",
        )
        for verb, view in (
            ("pause", steer_api.SubscriptionPause),
            ("resume", steer_api.SubscriptionResume),
            ("state", steer_api.SubscriptionState),
            ("test", steer_api.SubscriptionTest),
            ("deliveries", steer_api.SubscriptionDeliveries),
            ("replay", steer_api.SubscriptionReplays),
            ("reconcile", steer_api.SubscriptionReconcile),
            ("backfill", backfill_api.SubscriptionBackfill),
            ("backfill/pause", backfill_api.SubscriptionBackfillPause),
            ("backfill/resume", backfill_api.SubscriptionBackfillResume),
            ("backfill/cancel", backfill_api.SubscriptionBackfillCancel),
            ("backfill/rate_limit", backfill_api.SubscriptionBackfillRateLimit),
        )
    ),
]
