"""The addresses of the collect API."""

from __future__ import annotations

from django.urls import path

from segments.streams.api import CollectBulkView, CollectJsonView

urlpatterns = [
    path("collect/json", CollectJsonView.as_view()),
    path("collect/json/<path:stream>", CollectJsonView.as_view()),
    path("collect/bulk", CollectBulkView.as_view()),
    path("collect/bulk/<path:stream>", CollectBulkView.as_view()),
]
