"""The addresses of users and of the sizes of segments."""

from __future__ import annotations

from django.urls import path

from segments.membership.entity_api import EntityDetail
from segments.membership.size_api import SegmentSize

urlpatterns = [
    path("api/segment/<str:ref>/size", SegmentSize.as_view(), name="segment-size"),
    path(
        "api/entity/<str:table>/<str:field>/<path:value>",
        EntityDetail.as_view(),
        name="entity-detail",
    ),
    path("api/me/<str:field>/<path:value>", EntityDetail.as_view(), name="entity-me"),
]
