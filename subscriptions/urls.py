"""The addresses of the subscription endpoints."""

from __future__ import annotations

from django.urls import path

from subscriptions import api

urlpatterns = [
    path("api/subscription", api.SubscriptionList.as_view(), name="subscription-list"),
    path(
        "api/subscription/<str:public_id>",
        api.SubscriptionDetail.as_view(),
        name="subscription-detail",
    ),
]
