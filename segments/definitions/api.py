"""The segment endpoints of the REST API."""

from __future__ import annotations

from collections.abc import Sequence

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lyticsapp.accounts.api import Envelope, account_of, actor_of
from lyticsapp.accounts.bodies import JsonParser
from lyticsapp.accounts.models import Scope
from lyticsapp.accounts.query import bool_param, list_param
from lyticsapp.accounts.refusals import Conflict
from segments.definitions import delete, lookup, update, upsert
from segments.definitions.bodies import (
    LIST_ANSWER,
    NULL_ANSWER,
    SEGMENT_ANSWER,
    SEGMENT_BODY,
    SegmentQLParser,
    read_draft,
)
from segments.definitions.draft import KINDS, TABLE
from segments.definitions.errors import (
    DefinitionError,
    InvalidSegmentQLError,
    SegmentInUseError,
    UnknownSegmentError,
)
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment
from segments.definitions.presentation import present_all

VALIDITIES = {
    "true": True,
    "t": True,
    "1": True,
    "false": False,
    "f": False,
    "0": False,
}


SIZES = OpenApiParameter(
    "sizes", OpenApiTypes.BOOL, description="Adds `size`, how many users are in it."
)
IDS = OpenApiParameter("ids", description="Ids or slugs: `a,b`.")
LIST_PARAMETERS = [
    OpenApiParameter("table", description="Only `user` holds segments."),
    OpenApiParameter("valid", enum=["true", "false", "all"]),
    OpenApiParameter("kind", enum=[*KINDS, "all"]),
    SIZES,
    OpenApiParameter(
        "start",
        description="The `_next` of the answer before. A page holds 2,000 segments, "
        "with their sizes 500.",
    ),
]


class DefinitionView(APIView):
    """An endpoint whose errors are those of definitions."""

    scope = Scope.SEGMENTS
    parser_classes: Sequence[type[BaseParser]] = (SegmentQLParser, JsonParser)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what definitions refuse, with its own text."""
        if isinstance(exc, UnknownSegmentError):
            exc = NotFound()
        elif isinstance(exc, SegmentInUseError):
            exc = Conflict(str(exc))
        elif isinstance(exc, DefinitionError):
            exc = ParseError(str(exc))
        return super().handle_exception(exc)


class SegmentList(DefinitionView):
    """All segments of the account."""

    @extend_schema(
        tags=["segments"],
        operation_id="list_segments",
        summary="List segments",
        parameters=LIST_PARAMETERS,
        responses={200: LIST_ANSWER},
    )
    def get(self, request: Request) -> Response:
        return list_segments(request)

    @extend_schema(
        tags=["segments"],
        operation_id="save_segment",
        summary="Create or update a segment, known by its ALIAS",
        request=SEGMENT_BODY,
        responses={200: SEGMENT_ANSWER, 201: SEGMENT_ANSWER},
    )
    def post(self, request: Request) -> Response:
        account = account_of(request)
        segment, created = upsert.upsert(
            account, read_draft(request.data), actor_of(request)
        )
        if created:
            return segment_answer(segment, message="created", status=201)
        return segment_answer(segment, message="updated")

    @extend_schema(
        tags=["segments"],
        operation_id="delete_segments",
        summary="Delete several segments, or none",
        parameters=[IDS],
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        delete.delete_all(segments_named(request), actor_of(request))
        return Response(status=204)


class SegmentDetail(DefinitionView):
    """One segment, by its id or slug."""

    @extend_schema(
        tags=["segments"],
        operation_id="get_segment",
        summary="Fetch a segment",
        parameters=[SIZES],
        responses={200: SEGMENT_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        sizes = bool_param(request.query_params, "sizes", default=False)
        return segment_answer(segment_named(request, ref), sizes=sizes)

    @extend_schema(
        tags=["segments"],
        operation_id="update_segment",
        summary="Update a segment",
        request=SEGMENT_BODY,
        responses={200: SEGMENT_ANSWER},
    )
    def put(self, request: Request, ref: str) -> Response:
        return self._update(request, ref)

    @extend_schema(
        tags=["segments"],
        operation_id="update_segment_by_post",
        summary="Update a segment, as PUT does",
        request=SEGMENT_BODY,
        responses={200: SEGMENT_ANSWER},
    )
    def post(self, request: Request, ref: str) -> Response:
        return self._update(request, ref)

    @extend_schema(
        tags=["segments"],
        operation_id="delete_segment",
        summary="Delete a segment",
        responses={204: None},
    )
    def delete(self, request: Request, ref: str) -> Response:
        delete.delete(segment_named(request, ref), actor_of(request))
        return Response(status=204)

    def _update(self, request: Request, ref: str) -> Response:
        segment = segment_named(request, ref)
        draft = read_draft(request.data)
        return segment_answer(
            update.update(segment, draft, actor_of(request)), message="updated"
        )


class SegmentValidate(DefinitionView):
    """Tells whether FilterQL is valid, and saves nothing."""

    def handle_exception(self, exc: Exception) -> Response:
        """Say in the documented words that the text cannot be read."""
        if isinstance(exc, InvalidSegmentQLError):
            exc = ParseError(f"Failed parsing segment QL: {exc.reason}")
        return super().handle_exception(exc)

    @extend_schema(
        tags=["segments"],
        operation_id="validate_segment_ql",
        summary="Check FilterQL",
        request=SEGMENT_BODY,
        responses={200: NULL_ANSWER},
    )
    def post(self, request: Request) -> Response:
        draft = read_draft(request.data)
        if draft.statement is None:
            raise ParseError("segment_ql: is missing: send FilterQL to be checked.")
        return Envelope(None)


class SegmentAncestors(DefinitionView):
    """The segments whose answer hangs on one."""

    @extend_schema(
        tags=["segments"],
        operation_id="list_segment_ancestors",
        summary="List the segments that INCLUDE a segment, directly or not",
        responses={200: LIST_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        return ancestors_answer(segment_named(request, ref))


def segment_named(request: Request, ref: str) -> Segment:
    """The segment of the caller's account with this id or slug."""
    return lookup.get(account_of(request), ref)


def segments_named(request: Request) -> list[Segment]:
    """The segments that the parameter `ids` names; at least one."""
    refs = list_param(request.query_params, "ids")
    if not refs:
        raise ParseError("ids: is missing: name the segments, ids=a,b.")
    return all_named(request, refs)


def all_named(request: Request, refs: Sequence[str]) -> list[Segment]:
    """The segments with these ids or slugs; an answer 404 says which is none."""
    try:
        return lookup.get_all(account_of(request), refs)
    except UnknownSegmentError as error:
        raise NotFound(str(error)) from error


def list_segments(request: Request) -> Envelope:
    """A page of the account's segments."""
    account, params = account_of(request), request.query_params
    valid = _validity(params.get("valid", "all"))
    sizes = bool_param(params, "sizes", default=False)
    kind = params.get("kind", "")
    page = lookup.listing(
        account,
        table=params.get("table") or TABLE,
        kind="" if kind == "all" else kind,
        after=params.get("start", ""),
        sized=sizes,
    )
    shown = present_all(page.segments, IncludeGraph(account), sizes=sizes)
    listed = [each for each in shown if valid in (None, not each["invalid"])]
    return Envelope(listed, _next=page.next_after)


def segment_answer(
    segment: Segment,
    *,
    message: str | None = None,
    status: int = 200,
    sizes: bool = False,
) -> Envelope:
    """A segment, with its filter as a tree."""
    graph = IncludeGraph(segment.account)
    (shown,) = present_all([segment], graph, sizes=sizes, trees=True)
    return Envelope(shown, message=message, status=status)


def ancestors_answer(segment: Segment) -> Envelope:
    """The segments that include this one, by slug."""
    graph = IncludeGraph(segment.account)
    found = Segment.objects.for_account(segment.account_id).filter(
        pk__in=graph.reached_by(segment)
    )
    ordered = found.select_related("account", "created_by").order_by("slug")
    return Envelope(present_all(list(ordered), graph), _next="")


def _validity(text: str) -> bool | None:
    if text.lower() in ("", "all"):
        return None
    if text.lower() not in VALIDITIES:
        raise ParseError(f'valid: "{text}" is not true, false or all.')
    return VALIDITIES[text.lower()]
