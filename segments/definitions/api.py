"""The segment endpoints of the REST API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, NotFound, ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lyticsapp.accounts.api import Envelope, account_of, actor_of
from lyticsapp.accounts.bodies import JsonParser
from lyticsapp.accounts.models import Scope
from segments.definitions import delete, lookup, update, upsert
from segments.definitions.bodies import (
    LIST_ANSWER,
    NULL_ANSWER,
    SEGMENT_ANSWER,
    SEGMENT_BODY,
    SegmentQLParser,
    read_draft,
)
from segments.definitions.draft import TABLE
from segments.definitions.errors import (
    DefinitionError,
    SegmentInUseError,
    UnknownSegmentError,
)
from segments.definitions.includes import IncludeGraph
from segments.definitions.models import Segment
from segments.definitions.presentation import present

VALIDITIES = {
    "true": True,
    "t": True,
    "1": True,
    "false": False,
    "f": False,
    "0": False,
}


class Conflict(APIException):
    """The change is refused because of what else there is."""

    status_code = 409
    default_code = "conflict"


class DefinitionView(APIView):
    """An endpoint whose errors are those of definitions."""

    scope = Scope.SEGMENTS
    parser_classes = (SegmentQLParser, JsonParser)

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
        parameters=[
            OpenApiParameter("table", description="Only `user` holds segments."),
            OpenApiParameter("valid", enum=["true", "false", "all"]),
            OpenApiParameter(
                "start", description="The `_next` of the answer before, if it has one."
            ),
        ],
        responses={200: LIST_ANSWER},
    )
    def get(self, request: Request) -> Response:
        account = account_of(request)
        valid = _validity(request.query_params.get("valid", "all"))
        table = request.query_params.get("table") or TABLE
        after = request.query_params.get("start", "")
        page = lookup.listing(account, table=table, after=after)
        graph = IncludeGraph(account)
        shown = [present(segment, graph) for segment in page]
        listed = [each for each in shown if valid in (None, not each["invalid"])]
        complete = len(page) < lookup.LISTED_AT_MOST
        return Envelope(listed, _next="" if complete else page[-1].slug)

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
            return _answer(segment, message="created", status=201)
        return _answer(segment, message="updated")


class SegmentDetail(DefinitionView):
    """One segment, by its id or slug."""

    @extend_schema(
        tags=["segments"],
        operation_id="get_segment",
        summary="Fetch a segment",
        responses={200: SEGMENT_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        return _answer(_segment(request, ref))

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
        delete.delete(_segment(request, ref), actor_of(request))
        return Response(status=204)

    def _update(self, request: Request, ref: str) -> Response:
        segment = _segment(request, ref)
        draft = read_draft(request.data)
        return _answer(
            update.update(segment, draft, actor_of(request)), message="updated"
        )


class SegmentValidate(DefinitionView):
    """Tells whether FilterQL is valid, and saves nothing."""

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


def _segment(request: Request, ref: str) -> Segment:
    return lookup.get(account_of(request), ref)


def _answer(
    segment: Segment, *, message: str | None = None, status: int = 200
) -> Envelope:
    shown: dict[str, Any] = present(segment, IncludeGraph(segment.account), tree=True)
    return Envelope(shown, message=message, status=status)


def _validity(text: str) -> bool | None:
    if text.lower() in ("", "all"):
        return None
    if text.lower() not in VALIDITIES:
        raise ParseError(f'valid: "{text}" is none of true, false and all.')
    return VALIDITIES[text.lower()]
