"""The endpoints of authorizations under /v2, where API tokens are a type of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts import tokens
from lyticsapp.accounts.api import (
    Envelope,
    account_of,
    actor_of,
    missing_scope,
    token_of,
)
from lyticsapp.accounts.identifiers import is_public_id
from lyticsapp.accounts.models import ApiToken, Scope
from lyticsapp.accounts.v2 import V2Renderer
from lyticsapp.authorizations import lifecycle, lookup, provider
from lyticsapp.authorizations.api import AuthorizationsView
from lyticsapp.authorizations.bodies import (
    AUTHORIZATION_ANSWER,
    AUTHORIZATIONS_ANSWER,
    CONNECTED_ANSWER,
)
from lyticsapp.authorizations.errors import UnknownAuthorizationError
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.presentation import (
    API_TOKEN,
    present,
    present_connected,
    present_token,
    present_whole,
    type_of,
)
from lyticsapp.authorizations.v1_api import NEWEST_SHOWN

TYPES = "A provider, such as `aws`, one of its methods, such as `aws_keys`, or \
`api_token`; tokens are shown to the scope `admin` alone."


class AuthorizationListV2(AuthorizationsView):
    """The authorizations of the account, or its API tokens."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["authorizations"],
        operation_id="v2_list_authorizations",
        summary="List authorizations, or API tokens",
        parameters=[OpenApiParameter("auth_type", description=TYPES)],
        responses={200: AUTHORIZATIONS_ANSWER},
    )
    def get(self, request: Request) -> Response:
        return _listed(request, request.query_params.get("auth_type", ""))


class AuthorizationDetailV2(AuthorizationsView):
    """One authorization or token by its id; or those of a type."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["authorizations"],
        operation_id="v2_get_authorization",
        summary="Fetch an authorization by its id, or list those of a type",
        responses={200: AUTHORIZATION_ANSWER},
    )
    def get(self, request: Request, ref: str) -> Response:
        if is_public_id(ref):
            return _shown(_named(request, ref))
        return _listed(request, ref)

    @extend_schema(
        tags=["authorizations"],
        operation_id="v2_delete_authorization",
        summary="Delete an authorization, or revoke a token",
        responses={204: None},
    )
    def delete(self, request: Request, ref: str) -> Response:
        return _deleted(request, _named(request, ref))


class AuthorizationOfTypeV2(AuthorizationsView):
    """One authorization or token, by its type and its id."""

    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["authorizations"],
        operation_id="v2_get_authorization_of_type",
        summary="Fetch an authorization",
        responses={200: AUTHORIZATION_ANSWER},
    )
    def get(self, request: Request, auth_type: str, public_id: str) -> Response:
        return _shown(_named(request, public_id, auth_type))

    @extend_schema(
        tags=["authorizations"],
        operation_id="v2_delete_authorization_of_type",
        summary="Delete an authorization, or revoke a token",
        responses={204: None},
    )
    def delete(self, request: Request, auth_type: str, public_id: str) -> Response:
        return _deleted(request, _named(request, public_id, auth_type))


class ProviderListV2(AuthorizationsView):
    """The providers there are, and which of them the account is connected to."""

    scopes = {"GET": Scope.JOBS}
    renderer_classes = (V2Renderer,)

    @extend_schema(
        tags=["authorizations"],
        operation_id="v2_list_providers",
        summary="List the providers, and which are connected",
        responses={200: CONNECTED_ANSWER},
    )
    def get(self, request: Request) -> Response:
        mine = lookup.listing(account_of(request)).order_by().values_list("provider")
        connected = {row[0] for row in mine.distinct()}
        known = sorted(provider.registry().values(), key=lambda each: each.title)
        return Envelope([present_connected(each, connected) for each in known])


def _listed(request: Request, auth_type: str) -> Response:
    found: Any
    if auth_type == API_TOKEN:
        _require_admin(request)
        rows = ApiToken.objects.for_account(account_of(request))
        found = rows.select_related("created_by").order_by("-created_at")
        return Envelope([present_token(each) for each in found[:NEWEST_SHOWN]])
    name, _, method = auth_type.partition("_")
    found = lookup.listing(account_of(request))
    if name:
        found = found.filter(provider=name)
    if method:
        found = found.filter(method=method)
    return Envelope([present(each) for each in found[:NEWEST_SHOWN]])


def _named(
    request: Request, public_id: str, auth_type: str = ""
) -> Authorization | ApiToken:
    """What has this id, and is of this type where one is named."""
    found = _authorization_or_token(request, public_id)
    kind = API_TOKEN if isinstance(found, ApiToken) else type_of(found)
    if auth_type not in ("", kind, kind.partition("_")[0]):
        raise UnknownAuthorizationError(public_id)
    return found


def _authorization_or_token(
    request: Request, public_id: str
) -> Authorization | ApiToken:
    try:
        return lookup.get(account_of(request), public_id)
    except UnknownAuthorizationError:
        rows = ApiToken.objects.for_account(account_of(request))
        token: ApiToken | None = (
            rows.select_related("account", "created_by")
            .filter(public_id=public_id)
            .first()
        )
        if token is None:
            raise
    _require_admin(request)
    return token


def _shown(found: Authorization | ApiToken) -> Response:
    if isinstance(found, ApiToken):
        return Envelope(present_token(found))
    return Envelope(present_whole(found))


def _deleted(request: Request, found: Authorization | ApiToken) -> Response:
    if isinstance(found, ApiToken):
        tokens.revoke(found, actor=actor_of(request))
    else:
        lifecycle.delete(found, actor_of(request))
    return Response(status=204)


def _require_admin(request: Request) -> None:
    if not tokens.allows(token_of(request).scopes, Scope.ADMIN):
        raise missing_scope(Scope.ADMIN)
