"""The bodies of the segment endpoints: what is read, and how answers are described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from lyticsapp.accounts.answers import answer
from segments.definitions import draft as drafts
from segments.definitions.draft import Draft


class SegmentQLParser(BaseParser):
    """Reads FilterQL text, whatever type other than JSON is declared."""

    media_type = "text/plain"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return stream.read().decode()
        except UnicodeDecodeError as error:
            raise ParseError(
                f"The body is not valid UTF-8: byte {error.start + 1} cannot be read."
            ) from error


class SegmentBody(serializers.Serializer[Any]):
    """The JSON form of a segment; absent parts of an update stay as they are."""

    segment_ql = serializers.CharField(required=False, allow_null=True)
    ast = serializers.DictField(required=False, allow_null=True)
    slug_name = serializers.CharField(
        source="slug", required=False, allow_blank=True, allow_null=True
    )
    name = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    description = serializers.CharField(
        required=False, allow_blank=True, allow_null=True
    )
    kind = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    table = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    tags = serializers.ListField(
        child=serializers.CharField(), required=False, allow_null=True
    )
    is_public = serializers.BooleanField(required=False, allow_null=True)


class RecomputeShown(serializers.Serializer[Any]):
    """How far the walk over all users is that a new or changed segment needs."""

    done = serializers.IntegerField(help_text="Users looked at.")
    total = serializers.IntegerField(
        allow_null=True, help_text="Users to look at; null until they are counted."
    )
    rate = serializers.FloatField(help_text="Users a second.")
    seconds_left = serializers.FloatField(allow_null=True)


class SegmentShown(serializers.Serializer[Any]):
    """A segment as answers show it."""

    id = serializers.CharField()
    account_id = serializers.CharField()
    author_id = serializers.CharField()
    name = serializers.CharField()
    slug_name = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.CharField()
    table = serializers.CharField()
    is_public = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())
    segment_ql = serializers.CharField()
    ast = serializers.DictField(required=False)
    size = serializers.IntegerField(
        required=False, help_text="How many users are in it, if `sizes` is true."
    )
    recompute = RecomputeShown(
        allow_null=True, help_text="null where its members are up to date."
    )
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    includes = serializers.ListField(child=serializers.CharField())
    invalid = serializers.BooleanField()
    invalid_reason = serializers.CharField()
    deleted = serializers.BooleanField()
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()


SEGMENT_BODY = {"text/plain": str, "application/json": SegmentBody}
SEGMENT_ANSWER = answer("SegmentAnswer", SegmentShown())
LIST_ANSWER = answer(
    "SegmentListAnswer", SegmentShown(many=True), _next=serializers.CharField()
)
NULL_ANSWER = answer("NullAnswer", serializers.JSONField(allow_null=True))


def read_draft(body: Any) -> Draft:
    """The draft a body holds: FilterQL as text, or JSON values."""
    if isinstance(body, str):
        return drafts.from_text(body)
    values = SegmentBody(data=body)
    values.is_valid(raise_exception=True)
    return drafts.from_values(**values.validated_data)
