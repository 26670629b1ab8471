"""The endpoints that go through the users of a segment or of a filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.answers import answer
from lyticsapp.accounts.api import Envelope, account_of
from lyticsapp.accounts.models import Account, Scope
from lyticsapp.accounts.query import bool_param, list_param
from segments.definitions.api import DefinitionView, segment_named
from segments.definitions.bodies import SEGMENT_BODY, read_draft
from segments.definitions.includes import IncludeGraph
from segments.definitions.statement import Statement, read, read_ast
from segments.membership import entity, scan
from segments.membership.entity import Shown
from segments.membership.entity_api import meta_of
from segments.membership.preview import SPLITS
from segments.membership.scan import Order, Page, ScanError, Wanted

LIMIT, MOST = 10, 100
ASCENDING, DESCENDING = "asc", "desc"

SCAN_ANSWER = answer(
    "ScanAnswer",
    serializers.ListField(child=serializers.DictField()),
    _next=serializers.CharField(help_text="To be sent as `start`; empty at the end."),
    total=serializers.IntegerField(help_text="How many users all pages hold."),
    total_margin=serializers.IntegerField(
        required=False,
        help_text="Where `total` is an estimate: it is right within so many, in 95 of "
        "100 cases.",
    ),
    meta=serializers.DictField(required=False),
)
SCAN_PARAMETERS = [
    OpenApiParameter("limit", OpenApiTypes.INT, default=LIMIT, description="1 to 100."),
    OpenApiParameter("start", description="The `_next` of the answer before."),
    OpenApiParameter("fields", description="Only these fields: `a,b`."),
    OpenApiParameter(
        "sortfield",
        description="Sort by a field. In saved segments of up to 100,000 users.",
    ),
    OpenApiParameter("sortorder", enum=[ASCENDING, DESCENDING]),
    OpenApiParameter(
        "recent", OpenApiTypes.BOOL, description="Those of the newest events first."
    ),
    OpenApiParameter(
        "splits",
        description="Only these of the hundred parts that users fall into evenly, and "
        "stay in: `0,1,2`.",
    ),
    OpenApiParameter("meta", OpenApiTypes.BOOL, description="Adds `meta`."),
]
FILTER_PARAMETERS = [
    OpenApiParameter("id", description="The id or slug of a saved segment."),
    OpenApiParameter("segments", description="A filter, as FilterQL or as a tree."),
    *SCAN_PARAMETERS,
]
FILTER_TEXT = (
    "Of the segment `id`, or of a filter that no segment has: FilterQL in the body or "
    "in `segments`. A page of a filter may hold fewer users than `limit`, or none, "
    "and be followed by others: go on until `_next` is empty."
)


class ScanView(DefinitionView):
    """An endpoint that shows users, a page at a time."""

    scope = Scope.DATA

    def handle_exception(self, exc: Exception) -> Response:
        """Say which page cannot be had."""
        if isinstance(exc, ScanError):
            exc = ParseError(str(exc))
        return super().handle_exception(exc)

    def page_of_segment(self, request: Request, ref: str) -> Response:
        """A page of a saved segment."""
        page = scan.scan_segment(segment_named(request, ref), _wanted(request))
        return _answer(request, page)

    def page_of_filter(self, request: Request, statement: Statement) -> Response:
        """A page of a filter."""
        account = account_of(request)
        IncludeGraph(account).check(statement, "")
        return _answer(request, scan.scan_filter(account, statement, _wanted(request)))


class SegmentScan(ScanView):
    """The users of one segment."""

    @extend_schema(
        tags=["segments"],
        operation_id="scan_segment",
        summary="Go through the users of a segment",
        parameters=SCAN_PARAMETERS,
        responses={200: SCAN_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        return self.page_of_segment(request, ref)


class FilterScan(ScanView):
    """The users of a segment or of a filter."""

    @extend_schema(
        tags=["segments"],
        operation_id="scan_filter",
        summary="Go through the users of a segment or a filter",
        description=FILTER_TEXT,
        parameters=FILTER_PARAMETERS,
        responses={200: SCAN_ANSWER},
    )
    def get(self, request: Request) -> Response:
        return self._page(request)

    @extend_schema(
        tags=["segments"],
        operation_id="scan_filter_by_post",
        summary="Go through the users of a segment or a filter, as GET does",
        description=FILTER_TEXT,
        parameters=FILTER_PARAMETERS,
        request=SEGMENT_BODY,
        responses={200: SCAN_ANSWER},
    )
    def post(self, request: Request) -> Response:
        return self._page(request)

    def _page(self, request: Request) -> Response:
        ref = request.query_params.get("id")
        if ref:
            return self.page_of_segment(request, ref)
        return self.page_of_filter(request, _statement(request))


def _statement(request: Request) -> Statement:
    """The filter in the address or in the body."""
    text = request.query_params.get("segments", "").strip()
    if text.startswith("{"):
        return read_ast(_tree(text))
    if text:
        return read(text)
    statement = read_draft(request.data).statement
    if statement is None:
        raise ParseError("segments: is missing: send FilterQL, or name a segment, id=.")
    return statement


def _tree(text: str) -> Mapping[str, Any]:
    try:
        tree: Mapping[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ParseError(f"segments: is not JSON: {error.msg}.") from error
    return tree


def _wanted(request: Request) -> Wanted:
    params = request.query_params
    return Wanted(
        limit=_limit(params.get("limit") or str(LIMIT)),
        start=params.get("start", ""),
        splits=_splits(list_param(params, "splits")),
        order=_order(request),
    )


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text[:9]) < 1:
        raise ParseError(f'limit: "{text}" is not a number from 1 to {MOST}.')
    return min(int(text[:9]), MOST)


def _splits(texts: list[str]) -> frozenset[int]:
    for text in texts:
        if not text.isascii() or not text.isdecimal() or int(text[:9]) >= SPLITS:
            raise ParseError(
                f'splits: "{text}" is not a number from 0 to {SPLITS - 1}.'
            )
    return frozenset(map(int, texts))


def _order(request: Request) -> Order | None:
    params = request.query_params
    if bool_param(params, "recent", default=False):
        return Order("_modified", descending=True)
    field = params.get("sortfield", "")
    direction = params.get("sortorder", "").lower() or ASCENDING
    if direction not in (ASCENDING, DESCENDING):
        raise ParseError(f'sortorder: "{direction}" is neither asc nor desc.')
    return Order(field, direction == DESCENDING) if field else None


def _answer(request: Request, page: Page) -> Envelope:
    account, params = account_of(request), request.query_params
    shown = Shown(fields=frozenset(list_param(params, "fields")))
    extra: dict[str, Any] = {"_next": page.next_start, "total": page.total.value}
    if not page.total.exact:
        extra["total_margin"] = page.total.margin
    if bool_param(params, "meta", default=False):
        extra["meta"] = meta_of(account)
    return Envelope(_users(account, page, shown), **extra)


def _users(account: Account, page: Page, shown: Shown) -> list[dict[str, Any]]:
    return entity.show_all(account.pk, scan.in_order(account, page.profile_ids), shown)
