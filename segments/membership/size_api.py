"""The endpoints that tell how many users are in segments."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.answers import answer
from lyticsapp.accounts.api import Envelope, account_of
from lyticsapp.accounts.query import list_param
from segments.definitions import lookup
from segments.definitions.api import (
    IDS,
    DefinitionView,
    segment_named,
    segments_named,
)
from segments.definitions.bodies import SEGMENT_BODY, read_draft
from segments.definitions.draft import DEFAULT_KIND
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment
from segments.membership.preview import preview
from segments.membership.size import size_of, sizes_of


class SizeShown(serializers.Serializer[Any]):
    """How many users are in a segment."""

    id = serializers.CharField()
    name = serializers.CharField()
    slug_name = serializers.CharField()
    size = serializers.IntegerField()


class FilterSizeShown(SizeShown):
    """How many users match a filter that no segment has."""

    exact = serializers.BooleanField(help_text="False where the size is an estimate.")
    margin = serializers.IntegerField(
        help_text="The true size lies within so many of the estimate, in 95 of 100 "
        "cases; 0 where it is exact."
    )


SIZE_ANSWER = answer("SegmentSizeAnswer", SizeShown())
SIZES_ANSWER = answer(
    "SegmentSizesAnswer", SizeShown(many=True), _next=serializers.CharField()
)
FILTER_SIZE_ANSWER = answer("FilterSizeAnswer", FilterSizeShown())


class SegmentSize(DefinitionView):
    """The number of users in a segment."""

    @extend_schema(
        tags=["segments"],
        operation_id="get_segment_size",
        summary="Size of a segment",
        responses={200: SIZE_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        segment = segment_named(request, ref)
        return Envelope(_shown(segment, size_of(segment)))


class SegmentSizeByOtherName(SegmentSize):
    """The same, at the address older clients know."""

    @extend_schema(
        tags=["segments"],
        operation_id="get_segment_size_by_other_name",
        summary="Size of a segment, as /size",
        responses={200: SIZE_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        return super().get(request, ref)


class SegmentSizes(DefinitionView):
    """The numbers of users in several segments."""

    @extend_schema(
        tags=["segments"],
        operation_id="list_segment_sizes",
        summary="Sizes of segments",
        description="Without `ids`, of the segments of the kind `segment`, 500 in an "
        "answer.",
        parameters=[
            IDS,
            OpenApiParameter("start", description="The `_next` of the answer before."),
        ],
        responses={200: SIZES_ANSWER},
    )
    def get(self, request: Request) -> Response:
        params = request.query_params
        following = ""
        if list_param(params, "ids"):
            segments = segments_named(request)
        else:
            page = lookup.listing(
                account_of(request),
                kind=DEFAULT_KIND,
                after=params.get("start", ""),
                sized=True,
            )
            segments, following = list(page.segments), page.next_after
        sizes = sizes_of(segments)
        shown = [_shown(segment, sizes[segment.pk]) for segment in segments]
        return Envelope(shown, _next=following)


class FilterSize(DefinitionView):
    """The number of users who match a filter that no segment has."""

    @extend_schema(
        tags=["segments"],
        operation_id="get_filter_size",
        summary="Size of a filter",
        description="Answers within seconds whatever the number of users: exact for "
        "up to 20,000, beyond from a random sample. There is no limit of calls.",
        request=SEGMENT_BODY,
        responses={200: FILTER_SIZE_ANSWER},
    )
    def post(self, request: Request) -> Response:
        account, draft = account_of(request), read_draft(request.data)
        if draft.statement is None:
            raise ParseError("segment_ql: is missing: send FilterQL to be counted.")
        IncludeGraph(account).check(draft.statement, draft.slug or "")
        size = preview(account, draft.statement, users=0).size
        slug = draft.slug or ""
        return Envelope(
            {
                "id": "",
                "name": draft.name or slug,
                "slug_name": slug,
                "size": size.value,
                "exact": size.exact,
                "margin": size.margin,
            }
        )


def _shown(segment: Segment, size: int) -> dict[str, Any]:
    return {
        "id": segment.public_id,
        "name": segment.name,
        "slug_name": segment.slug,
        "size": size,
    }
