"""The addresses of the segment endpoints."""

from __future__ import annotations

from django.urls import path

from segments.definitions import api

urlpatterns = [
    path("api/segment", api.SegmentList.as_view(), name="segment-list"),
    path(
        "api/segment/validate", api.SegmentValidate.as_view(), name="segment-validate"
    ),
    path("api/segment/<str:ref>", api.SegmentDetail.as_view(), name="segment-detail"),
]
