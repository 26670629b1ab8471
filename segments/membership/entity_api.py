"""The endpoint that finds a user by an identity."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lyticsapp.accounts.answers import answer
from lyticsapp.accounts.api import NOT_FOUND, Envelope, account_of
from lyticsapp.accounts.models import Account, Scope
from lyticsapp.accounts.query import bool_param, list_param
from segments.membership import entity
from segments.membership.entity import Shown

TABLE = "user"
ENTITY_ANSWER = answer(
    "EntityAnswer",
    serializers.DictField(),
    meta=serializers.DictField(required=False),
)


class EntityDetail(APIView):
    """A user, by the value of an identity field."""

    scope = Scope.DATA

    @extend_schema(
        tags=["users"],
        summary="Find a user",
        description="Where no user has the identity, the answer is 200 with the "
        'message "Not Found" and the segments "not_found" and "all".',
        parameters=[
            OpenApiParameter("fields", description="Only these fields: `a,b`."),
            OpenApiParameter("segments", OpenApiTypes.BOOL, default=True),
            OpenApiParameter(
                "allsegments",
                OpenApiTypes.BOOL,
                default=False,
                description="Adds `segments_all`, the ids of the segments.",
            ),
            OpenApiParameter("meta", OpenApiTypes.BOOL, default=True),
        ],
        responses={200: ENTITY_ANSWER},
    )
    def get(
        self, request: Request, field: str, value: str, table: str = TABLE
    ) -> Response:
        account = account_of(request)
        _check(account, table, field)
        params = request.query_params
        shown = Shown(
            fields=frozenset(list_param(params, "fields")),
            segments=bool_param(params, "segments", default=True),
            segment_ids=bool_param(params, "allsegments", default=False),
        )
        extra: dict[str, Any] = {}
        if bool_param(params, "meta", default=True):
            extra["meta"] = meta_of(account)
        profile = entity.find(account, field, value)
        if profile is None:
            missing = entity.show_missing(shown)
            return Envelope(missing, message=NOT_FOUND, **extra)
        return Envelope(entity.show(profile, shown), **extra)


def _check(account: Account, table: str, field: str) -> None:
    if table != TABLE:
        raise NotFound(f'Unknown table "{table}": profiles are in the table {TABLE}.')
    check_identity(account, field)


def check_identity(account: Account, field: str) -> None:
    """Refuse a field that names no user."""
    if field not in account.identity_fields:
        raise ParseError(
            f'"{field}" is no identity field of this account. '
            f"Users are found by {', '.join(account.identity_fields)}."
        )


def meta_of(account: Account) -> dict[str, object]:
    """What is told of users as such."""
    return {
        "by_fields": account.identity_fields,
        "conflicts": None,
        "format": "json",
        "name": TABLE,
    }
