"""The endpoint that tells the size of a segment."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.api import Envelope, account_of
from segments.definitions import lookup
from segments.definitions.api import DefinitionView
from segments.membership.size import size_of

SIZE_ANSWER = inline_serializer(
    "SegmentSizeAnswer",
    {
        "data": inline_serializer(
            "SegmentSize",
            {
                "id": serializers.CharField(),
                "name": serializers.CharField(),
                "slug_name": serializers.CharField(),
                "size": serializers.IntegerField(),
            },
        ),
        "status": serializers.IntegerField(),
        "message": serializers.CharField(),
    },
)


class SegmentSize(DefinitionView):
    """The number of users in a segment."""

    @extend_schema(
        tags=["segments"],
        operation_id="get_segment_size",
        summary="Size of a segment",
        responses={200: SIZE_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        segment = lookup.get(account_of(request), ref)
        return Envelope(
            {
                "id": segment.public_id,
                "name": segment.name,
                "slug_name": segment.slug,
                "size": size_of(segment),
            }
        )
