"""The endpoints that tell how the sizes of segments have changed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.answers import answer
from lyticsapp.accounts.api import Envelope, account_of
from segments.definitions.api import (
    IDS,
    DefinitionView,
    segment_named,
    segments_named,
)
from segments.definitions.models import Segment
from segments.membership.size_history import HOUR, Hour, size_histories

LIMIT, MOST = 168, 2400


class PointShown(serializers.Serializer[Any]):
    """The size of a segment at one instant."""

    ts = serializers.CharField(help_text="Milliseconds since 1970, as a text.")
    value = serializers.IntegerField()
    anomaly = serializers.FloatField(
        help_text="By how many standard deviations the change of this hour differs "
        "from the mean of the hours shown."
    )


class AttributionShown(serializers.Serializer[Any]):
    """The sizes of a segment, an hour apart, the newest last."""

    id = serializers.CharField()
    metrics = PointShown(many=True)


ATTRIBUTION_ANSWER = answer("AttributionAnswer", AttributionShown(many=True))
PARAMETERS = [
    OpenApiParameter(
        "limit", OpenApiTypes.INT, default=LIMIT, description="How many points."
    ),
    OpenApiParameter(
        "refresh", OpenApiTypes.BOOL, description="The answer is always fresh."
    ),
]


class SegmentAttribution(DefinitionView):
    """The size of a segment over time."""

    @extend_schema(
        tags=["segments"],
        operation_id="get_segment_attribution",
        summary="Size of a segment over time",
        parameters=PARAMETERS,
        responses={200: ATTRIBUTION_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        return _answer(request, [segment_named(request, ref)])


class SegmentAttributions(DefinitionView):
    """The sizes of segments over time."""

    @extend_schema(
        tags=["segments"],
        operation_id="list_segment_attributions",
        summary="Sizes of segments over time",
        parameters=[IDS, *PARAMETERS],
        responses={200: ATTRIBUTION_ANSWER},
    )
    def get(self, request: Request) -> Response:
        return _answer(request, segments_named(request))


def _answer(request: Request, segments: Sequence[Segment]) -> Envelope:
    hours = _limit(request.query_params.get("limit") or str(LIMIT))
    histories = size_histories(account_of(request), segments, hours=hours)
    return Envelope(
        [
            {"id": segment.public_id, "metrics": _points(histories[segment.pk])}
            for segment in segments
        ]
    )


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text[:9]) < 1:
        raise ParseError(f'limit: "{text}" is not a number from 1 to {MOST}.')
    return min(int(text[:9]), MOST)


def _points(hours: Sequence[Hour]) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return [
        {
            "ts": str(int(min(hour.begins + HOUR, now).timestamp() * 1000)),
            "value": hour.size,
            "anomaly": anomaly,
        }
        for hour, anomaly in zip(hours, _anomalies(hours), strict=True)
    ]


def _anomalies(hours: Sequence[Hour]) -> list[float]:
    sizes = [hour.size for hour in hours]
    changes = [after - before for before, after in pairwise(sizes)]
    spread = statistics.pstdev(changes) if changes else 0.0
    if not spread:
        return [0.0] * len(sizes)
    mean = statistics.fmean(changes)
    return [0.0, *(round((change - mean) / spread, 2) for change in changes)]
