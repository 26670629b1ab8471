"""The addresses of users and of the sizes of segments.

They go before those of definitions, where a slug may stand in the same place.
"""

from __future__ import annotations

from django.urls import path

from segments.membership.attribution_api import SegmentAttribution, SegmentAttributions
from segments.membership.entity_api import EntityDetail
from segments.membership.explain_api import SegmentExplain
from segments.membership.scan_api import FilterScan, SegmentScan
from segments.membership.size_api import (
    FilterSize,
    SegmentSize,
    SegmentSizeByOtherName,
    SegmentSizes,
)

urlpatterns = [
    path("api/segment/size", FilterSize.as_view(), name="filter-size"),
    path("api/segment/sizes", SegmentSizes.as_view(), name="segment-sizes"),
    path("api/segment/scan", FilterScan.as_view(), name="filter-scan"),
    path(
        "api/segment/attribution",
        SegmentAttributions.as_view(),
        name="segment-attributions",
    ),
    path("api/segment/<str:ref>/size", SegmentSize.as_view(), name="segment-size"),
    path(
        "api/segment/<str:ref>/sizes",
        SegmentSizeByOtherName.as_view(),
        name="segment-size-by-other-name",
    ),
    path("api/segment/<str:ref>/scan", SegmentScan.as_view(), name="segment-scan"),
    path(
        "api/segment/<str:ref>/attribution",
        SegmentAttribution.as_view(),
        name="segment-attribution",
    ),
    path(
        "api/segment/<str:ref>/explain/<str:field>/<path:value>",
        SegmentExplain.as_view(),
        name="segment-explain",
    ),
    path(
        "api/entity/<str:table>/<str:field>/<path:value>",
        EntityDetail.as_view(),
        name="entity-detail",
    ),
    path("api/me/<str:field>/<path:value>", EntityDetail.as_view(), name="entity-me"),
]
