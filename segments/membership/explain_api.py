"""The endpoint that tells why a user is in a segment or not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.answers import answer
from lyticsapp.accounts.api import Envelope, account_of
from lyticsapp.accounts.models import Scope
from segments.definitions.api import DefinitionView, segment_named
from segments.definitions.models import Segment
from segments.filterql import Change, Explanation, Kind, Reading
from segments.membership import entity
from segments.membership.entity_api import check_identity
from segments.membership.why import Why, why
from segments.profiles.render import rfc3339

DEEPEST_SHOWN = 80
PARTS_HELP = (
    "The items of a group, what is negated, or the filter that an INCLUDE names, each "
    "as the whole is explained."
)


class ChangeShown(serializers.Serializer[Any]):
    """What an answer becomes if nothing but time passes."""

    at = serializers.DateTimeField()
    answer = serializers.BooleanField(allow_null=True)


class ReadingShown(serializers.Serializer[Any]):
    """A field that a condition reads."""

    field = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    missing = serializers.BooleanField(help_text="Whether the user lacks the field.")


class ExplanationShown(serializers.Serializer[Any]):
    """A part of a filter and its answer."""

    kind = serializers.ChoiceField([kind.value for kind in Kind])
    text = serializers.CharField(help_text="The part as FilterQL.")
    answer = serializers.BooleanField(
        allow_null=True, help_text="null where it cannot be evaluated."
    )
    change = ChangeShown(allow_null=True)
    fields_read = ReadingShown(many=True)
    parts = serializers.ListField(
        child=serializers.DictField(), required=False, help_text=PARTS_HELP
    )


class WhyShown(serializers.Serializer[Any]):
    """Why a user is in a segment or not."""

    segment_id = serializers.CharField()
    slug = serializers.CharField()
    member = serializers.BooleanField(help_text="Whether the user is in it, on record.")
    entered_at = serializers.DateTimeField(allow_null=True)
    left_at = serializers.DateTimeField(allow_null=True)
    match = serializers.BooleanField(
        help_text="What the filter says at this moment. It can be ahead of the record."
    )
    evaluated_at = serializers.DateTimeField()
    change = ChangeShown(
        allow_null=True,
        help_text="When `match` changes if nothing but time passes, and to what.",
    )
    seen_until = serializers.DateTimeField(
        allow_null=True,
        help_text="How far that was looked for in vain; null where the change, or that "
        "there is none, is known for all time.",
    )
    explanation = ExplanationShown(allow_null=True)


class SegmentExplain(DefinitionView):
    """Why a user is in a segment or not."""

    scope = Scope.DATA

    @extend_schema(
        tags=["segments"],
        operation_id="explain_segment",
        summary="Why a user is in a segment or not",
        description="The segment's filter, condition by condition, with the values it "
        "reads, and when each answer changes if nothing but time passes.",
        responses={200: answer("WhyAnswer", WhyShown())},
    )
    def get(self, request: Request, ref: str, field: str, value: str) -> Response:
        account = account_of(request)
        segment = segment_named(request, ref)
        check_identity(account, field)
        profile = entity.find(account, field, value)
        if profile is None:
            raise NotFound(f'No user has the {field} "{value}".')
        return Envelope(_shown(segment, why(segment, profile)))


def _shown(segment: Segment, found: Why) -> dict[str, Any]:
    explained, membership = found.explained, found.membership
    root = explained.root
    return {
        "segment_id": segment.public_id,
        "slug": segment.slug,
        "member": found.is_member,
        "entered_at": _instant(membership.entered_at if membership else None),
        "left_at": _instant(membership.left_at if membership else None),
        "match": explained.match,
        "evaluated_at": _instant(found.at),
        "change": _change(explained.change),
        "seen_until": _instant(explained.seen_until),
        "explanation": None if root is None else _part(root, DEEPEST_SHOWN),
    }


def _part(part: Explanation, levels: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "kind": part.kind.value,
        "text": part.text,
        "answer": part.answer,
        "change": _change(part.change),
        "fields_read": [_reading(each) for each in part.readings],
    }
    if levels:
        shown["parts"] = [_part(each, levels - 1) for each in part.parts]
    return shown


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "field": reading.field,
        "value": _value(reading.value),
        "missing": reading.missing,
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {"at": _instant(change.at), "answer": change.answer}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {key: _value(each) for key, each in value.items()}
    return value


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
