"""The addresses of the segment endpoints."""

from __future__ import annotations

from django.urls import path

from segments.definitions import api, v2_api

urlpatterns = [
    path("api/segment", api.SegmentList.as_view(), name="segment-list"),
    path(
        "api/segment/validate", api.SegmentValidate.as_view(), name="segment-validate"
    ),
    path("api/segment/<str:ref>", api.SegmentDetail.as_view(), name="segment-detail"),
    path(
        "api/segment/<str:ref>/ancestors",
        api.SegmentAncestors.as_view(),
        name="segment-ancestors",
    ),
    path("v2/segment", v2_api.SegmentListV2.as_view(), name="v2-segment-list"),
    path(
        "v2/segment/reevaluate",
        v2_api.SegmentReevaluationV2.as_view(),
        name="v2-segment-reevaluation",
    ),
    path(
        "v2/segment/<str:ref>",
        v2_api.SegmentDetailV2.as_view(),
        name="v2-segment-detail",
    ),
    path(
        "v2/segment/<str:ref>/ancestors",
        v2_api.SegmentAncestorsV2.as_view(),
        name="v2-segment-ancestors",
    ),
    path(
        "v2/segment/<str:ref>/jobs",
        v2_api.SegmentJobsV2.as_view(),
        name="v2-segment-jobs",
    ),
    path(
        "v2/segment/<str:ref>/reevaluate",
        v2_api.SegmentReevaluationByAddressV2.as_view(),
        name="v2-segment-reevaluation-by-address",
    ),
]
