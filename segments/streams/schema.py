"""How the OpenAPI schema describes the collect API."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

TAGS = ["events"]

_ANSWER = inline_serializer(
    "CollectAnswer",
    {
        "status": serializers.IntegerField(),
        "message": serializers.CharField(),
        "data": inline_serializer(
            "CollectCounts",
            {
                "message_count": serializers.IntegerField(),
                "rejected_count": serializers.IntegerField(),
                "content-type": serializers.CharField(),
                "droperrors": serializers.BooleanField(),
                "dryrun": serializers.BooleanField(),
                "timestamp_field": serializers.CharField(),
                "filename": serializers.CharField(),
            },
        ),
    },
)
_ANSWERS = {
    200: _ANSWER,
    413: OpenApiResponse(description="The call is larger than this endpoint takes."),
    503: OpenApiResponse(description="The database did not take the events."),
}


def _query(
    name: str, description: str, kind: OpenApiTypes = OpenApiTypes.STR
) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description)


_SHARED = [
    _query(
        "timestamp_field",
        "The field that holds the time of the event. Without one, or in a record"
        " that lacks it, the time is the time of receipt.",
    ),
    _query("dryrun", "Check the records and store nothing.", OpenApiTypes.BOOL),
    _query(
        "droperrors",
        "Take the good records and keep the bad ones with their reason. Otherwise"
        " the first bad record refuses the whole call.",
        OpenApiTypes.BOOL,
    ),
    _query("filename", "A name for your own bookkeeping."),
]

COLLECT_JSON = extend_schema(
    tags=TAGS,
    summary="Send events",
    description=(
        "A JSON object, or an array of objects: one event each. The stream appears"
        ' with its first event; without a name it is "default". At most 10 MB a call'
        " (COLLECT_MAX_CALL_BYTES) and 1 MB a record (COLLECT_MAX_RECORD_BYTES). A 200"
        " means that the events are stored."
    ),
    parameters=_SHARED,
    request={"application/json": OpenApiTypes.OBJECT},
    responses=_ANSWERS,
)
COLLECT_BULK = extend_schema(
    tags=TAGS,
    summary="Upload a file of events",
    description=(
        "JSON lines or CSV, as they are or in gzip, up to 1 GB unpacked"
        " (COLLECT_MAX_BULK_BYTES). All of the file is taken or nothing, unless"
        " droperrors is true. Values of CSV stay texts; empty cells are left out."
    ),
    parameters=[
        *_SHARED,
        _query("headers", "CSV: the names of the columns, where no row has them."),
        _query("delimiter", 'CSV: "," (the default), "|", or "t" for a tab.'),
        _query("append", "CSV: a JSON object of values added to each row."),
    ],
    request={
        "application/json": OpenApiTypes.STR,
        "application/csv": OpenApiTypes.STR,
    },
    responses=_ANSWERS,
)
