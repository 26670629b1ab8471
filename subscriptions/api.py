"""The subscription endpoints of the REST API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lyticsapp.accounts import tokens
from lyticsapp.accounts.api import (
    Envelope,
    account_of,
    actor_of,
    missing_scope,
    token_of,
)
from lyticsapp.accounts.bodies import JsonParser
from lyticsapp.accounts.models import Scope
from lyticsapp.accounts.refusals import Conflict, NotImplementedYet
from lyticsapp.declaration.errors import DeclarationError, NotOfferedYetError
from lyticsapp.jobs.errors import TransitionError
from segments.definitions.errors import DefinitionError
from subscriptions import lifecycle, lookup
from subscriptions.bodies import (
    LIST_ANSWER,
    SUBSCRIPTION_ANSWER,
    SubscriptionBody,
)
from subscriptions.errors import (
    BackfillStateError,
    SubscriptionError,
    UnknownReplayError,
    UnknownSubscriptionError,
)
from subscriptions.models import Subscription
from subscriptions.presentation import present
from subscriptions.request import Wanted, read

NEWEST_SHOWN = 1_000


class SubscriptionView(APIView):
    """An endpoint whose errors are those of subscriptions and their segments."""

    scope = Scope.JOBS
    parser_classes = (JsonParser,)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what the domain refuses, with its own text."""
        if isinstance(exc, UnknownSubscriptionError | UnknownReplayError):
            exc = NotFound()
        elif isinstance(exc, NotOfferedYetError):
            exc = NotImplementedYet(str(exc))
        elif isinstance(exc, TransitionError | BackfillStateError):
            exc = Conflict(str(exc))
        elif isinstance(exc, SubscriptionError | DeclarationError | DefinitionError):
            exc = ParseError(str(exc))
        return super().handle_exception(exc)


class SubscriptionList(SubscriptionView):
    """All subscriptions of the account."""

    @extend_schema(
        tags=["subscriptions"],
        summary="List subscriptions",
        parameters=[
            OpenApiParameter(
                "segment_id",
                description="Only those of this segment, by its id or slug.",
            )
        ],
        responses={200: LIST_ANSWER},
    )
    def get(self, request: Request) -> Response:
        segment_ref = request.query_params.get("segment_id", "")
        found = lookup.listing(account_of(request), segment_ref)[:NEWEST_SHOWN]
        return Envelope([present(subscription) for subscription in found])

    @extend_schema(
        tags=["subscriptions"],
        summary="Create a subscription, or update the one whose id is given",
        request=SubscriptionBody,
        responses={200: SUBSCRIPTION_ANSWER},
    )
    def post(self, request: Request) -> Response:
        wanted = _wanted(request)
        if wanted.public_id:
            return _update(request, wanted.public_id, wanted)
        created = lifecycle.create(account_of(request), wanted, actor_of(request))
        return _answer(request, created)


class SubscriptionDetail(SubscriptionView):
    """One subscription, by its id."""

    @extend_schema(
        tags=["subscriptions"],
        summary="Fetch a subscription",
        responses={200: SUBSCRIPTION_ANSWER},
    )
    def get(self, request: Request, public_id: str) -> Response:
        return Envelope(present(lookup.get(account_of(request), public_id)))

    @extend_schema(
        tags=["subscriptions"],
        summary="Update a subscription",
        request=SubscriptionBody,
        responses={200: SUBSCRIPTION_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        return _update(request, public_id, _wanted(request))

    @extend_schema(
        tags=["subscriptions"],
        summary="Delete a subscription",
        responses={204: None},
    )
    def delete(self, request: Request, public_id: str) -> Response:
        subscription = lookup.get(account_of(request), public_id)
        lifecycle.delete(subscription, actor_of(request))
        return Response(status=204)


def _wanted(request: Request) -> Wanted:
    wanted = read(account_of(request), request.data)
    if wanted.segmentql and not tokens.allows(token_of(request).scopes, Scope.SEGMENTS):
        raise missing_scope(Scope.SEGMENTS)
    return wanted


def _update(request: Request, public_id: str, wanted: Wanted) -> Response:
    subscription = lookup.get(account_of(request), public_id)
    lifecycle.update(subscription, wanted, actor_of(request))
    return _answer(request, subscription)


def _answer(request: Request, subscription: Subscription) -> Response:
    saved: Any = lookup.get(account_of(request), subscription.public_id)
    return Envelope(present(saved))
