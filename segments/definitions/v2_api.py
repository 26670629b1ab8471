"""The segment endpoints of the second generation of the REST API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.answers import answer
from lyticsapp.accounts.api import Envelope, account_of, actor_of
from lyticsapp.accounts.bodies import JsonParser
from lyticsapp.accounts.query import bool_param
from lyticsapp.accounts.v2 import V2Renderer
from lyticsapp.jobs.models import Job
from segments.definitions import delete, update, upsert
from segments.definitions.api import (
    LIST_PARAMETERS,
    SIZES,
    DefinitionView,
    all_named,
    ancestors_answer,
    list_segments,
    segment_answer,
    segment_named,
)
from segments.definitions.bodies import (
    LIST_ANSWER,
    SEGMENT_ANSWER,
    SEGMENT_BODY,
    SegmentShown,
    read_draft,
)
from segments.definitions.dependencies import dependants_of
from segments.definitions.errors import SegmentInUseError
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment
from segments.definitions.presentation import present_all


class SegmentRef(serializers.Serializer[Any]):
    """Which segment is meant."""

    id = serializers.CharField(help_text="The id or the slug of a segment.")


class JobShown(serializers.Serializer[Any]):
    """A job as the list of a segment's jobs shows it."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField(source="label")
    description = serializers.CharField()
    workflow = serializers.CharField()
    status = serializers.CharField(source="state")
    created = serializers.DateTimeField(source="created_at")
    updated = serializers.DateTimeField(source="updated_at")


class Deleted(serializers.Serializer[Any]):
    """What became of the segments that were to be deleted."""

    deleted = serializers.ListField(child=serializers.CharField())
    not_deleted = serializers.ListField(child=serializers.CharField())
    segments = SegmentShown(many=True, help_text="Those that were not deleted.")
    reasons = serializers.DictField(
        child=serializers.CharField(), help_text="Why, by the id of the segment."
    )


JOBS_ANSWER = answer("SegmentJobsAnswer", JobShown(many=True))
DELETED_ANSWER = answer("SegmentsDeletedAnswer", Deleted())


class SegmentListV2(DefinitionView):
    """All segments of the account."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["segments"],
        operation_id="v2_list_segments",
        summary="List segments",
        parameters=LIST_PARAMETERS,
        responses={200: LIST_ANSWER},
    )
    def get(self, request: Request) -> Response:
        return list_segments(request)

    @extend_schema(
        tags=["segments"],
        operation_id="v2_create_segment",
        summary="Create a segment",
        description="Where the slug is taken, the segment gets it with a number: "
        "`payers_1`.",
        request=SEGMENT_BODY,
        responses={201: SEGMENT_ANSWER},
    )
    def post(self, request: Request) -> Response:
        draft = read_draft(request.data)
        created = upsert.create(account_of(request), draft, actor_of(request))
        return segment_answer(created, message="created", status=201)


class SegmentDetailV2(DefinitionView):
    """One segment, by its id or slug; to be deleted, several."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["segments"],
        operation_id="v2_get_segment",
        summary="Fetch a segment",
        parameters=[SIZES],
        responses={200: SEGMENT_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        sizes = bool_param(request.query_params, "sizes", default=False)
        return segment_answer(segment_named(request, ref), sizes=sizes)

    @extend_schema(
        tags=["segments"],
        operation_id="v2_update_segment",
        summary="Update a segment",
        request=SEGMENT_BODY,
        responses={200: SEGMENT_ANSWER},
    )
    def put(self, request: Request, ref: str) -> Response:
        segment = segment_named(request, ref)
        draft = read_draft(request.data)
        changed = update.update(segment, draft, actor_of(request))
        return segment_answer(changed, message="updated")

    @extend_schema(
        tags=["segments"],
        operation_id="v2_delete_segments",
        summary="Delete a segment, or several: `/v2/segment/a,b`",
        description="Several are deleted one by one: those that something depends "
        "on stay, and the answer says why. One alone is refused with 409.",
        responses={200: DELETED_ANSWER},
    )
    def delete(self, request: Request, ref: str) -> Response:
        refs = [each.strip() for each in ref.split(",") if each.strip()]
        segments = all_named(request, refs)
        reasons: dict[str, str] = {}
        for segment in segments:
            try:
                delete.delete(segment, actor_of(request))
            except SegmentInUseError as error:
                if len(segments) == 1:
                    raise
                reasons[segment.public_id] = str(error)
        kept = [each for each in segments if each.public_id in reasons]
        ids = [each.public_id for each in segments]
        return Envelope(
            {
                "deleted": [each for each in ids if each not in reasons],
                "not_deleted": list(reasons),
                "segments": present_all(kept, IncludeGraph(account_of(request))),
                "reasons": reasons,
            }
        )


class SegmentAncestorsV2(DefinitionView):
    """The segments whose answer hangs on one."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["segments"],
        operation_id="v2_list_segment_ancestors",
        summary="List the segments that INCLUDE a segment, directly or not",
        responses={200: LIST_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        return ancestors_answer(segment_named(request, ref))


class SegmentJobsV2(DefinitionView):
    """The jobs that depend on a segment."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["segments"],
        operation_id="v2_list_segment_jobs",
        summary="List the jobs that depend on a segment",
        responses={200: JOBS_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        segment = segment_named(request, ref)
        ids = [each.job_id for each in dependants_of(segment) if each.job_id]
        jobs = Job.objects.for_account(segment.account_id).filter(public_id__in=ids)
        return Envelope(JobShown(jobs.order_by("-created_at"), many=True).data)


class SegmentReevaluationV2(DefinitionView):
    """Evaluates a segment over all users again."""

    renderer_classes = (V2Renderer,)
    parser_classes = (JsonParser,)

    @extend_schema(
        tags=["segments"],
        operation_id="v2_reevaluate_segment",
        summary="Evaluate a segment over all users again",
        description="Users whom this moves are told of.",
        request=SegmentRef,
        responses={200: SEGMENT_ANSWER},
    )
    def post(self, request: Request) -> Response:
        body = SegmentRef(data=request.data)
        if not body.is_valid():
            raise ParseError("id: is missing: name a segment.")
        return _reevaluated(segment_named(request, body.validated_data["id"]), request)


class SegmentReevaluationByAddressV2(DefinitionView):
    """The same, at the segment's own address."""

    renderer_classes = (V2Renderer,)
    parser_classes = (JsonParser,)

    @extend_schema(
        tags=["segments"],
        operation_id="v2_reevaluate_segment_by_address",
        summary="Evaluate a segment over all users again",
        description="Users whom this moves are told of.",
        request={"application/json": {"type": "object"}},
        responses={200: SEGMENT_ANSWER},
    )
    def post(self, request: Request, ref: str) -> Response:
        return _reevaluated(segment_named(request, ref), request)


def _reevaluated(segment: Segment, request: Request) -> Envelope:
    return segment_answer(update.reevaluate(segment, actor_of(request)))
