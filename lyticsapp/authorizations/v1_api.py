"""The endpoints of authorizations under /api, and the providers there are."""

from __future__ import annotations

from dataclasses import replace

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts.api import Envelope, account_of, actor_of
from lyticsapp.accounts.models import Scope
from lyticsapp.authorizations import health, lifecycle, lookup, provider
from lyticsapp.authorizations.api import AuthorizationsView
from lyticsapp.authorizations.bodies import (
    AUTHORIZATION_ANSWER,
    AUTHORIZATIONS_ANSWER,
    NO_BODY,
    PROVIDER_ANSWER,
    PROVIDERS_ANSWER,
    TEST_ANSWER,
    AuthorizationBody,
)
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.presentation import (
    present,
    present_provider,
    present_test,
    present_whole,
)
from lyticsapp.authorizations.provider import Method
from lyticsapp.authorizations.request import Said, read
from lyticsapp.declaration.errors import InvalidSettingError

NEWEST_SHOWN = 1_000


class AuthorizationList(AuthorizationsView):
    """The authorizations of the account."""

    @extend_schema(
        tags=["authorizations"],
        summary="List authorizations",
        responses={200: AUTHORIZATIONS_ANSWER},
    )
    def get(self, request: Request) -> Response:
        found = lookup.listing(account_of(request))[:NEWEST_SHOWN]
        return Envelope([present(authorization) for authorization in found])

    @extend_schema(
        tags=["authorizations"],
        summary="Create an authorization",
        request=AuthorizationBody,
        responses={201: AUTHORIZATION_ANSWER},
    )
    def post(self, request: Request) -> Response:
        said = read(request.data)
        method = _method(said)
        wanted = said.wanted
        if not wanted.label:
            wanted = replace(wanted, label=method.title)
        created = lifecycle.create(
            account_of(request), said.provider, method.key, wanted, actor_of(request)
        )
        return Envelope(present_whole(created), message="created", status=201)


class AuthorizationDetail(AuthorizationsView):
    """One authorization, by its id."""

    @extend_schema(
        tags=["authorizations"],
        summary="Fetch an authorization",
        responses={200: AUTHORIZATION_ANSWER},
    )
    def get(self, request: Request, public_id: str) -> Response:
        return Envelope(present_whole(lookup.get(account_of(request), public_id)))

    @extend_schema(
        tags=["authorizations"],
        summary="Update an authorization",
        description="What is left out stays as it is. Running jobs go on with a "
        "changed secret within seconds.",
        request=AuthorizationBody,
        responses={200: AUTHORIZATION_ANSWER},
    )
    def put(self, request: Request, public_id: str) -> Response:
        authorization = lookup.get(account_of(request), public_id)
        said = read(request.data)
        _refuse_other_kind(authorization, said)
        lifecycle.update(authorization, said.wanted, actor_of(request))
        changed = lookup.get(account_of(request), public_id)
        return Envelope(present_whole(changed), message="updated")

    @extend_schema(
        tags=["authorizations"],
        summary="Delete an authorization",
        description="Answers 409, naming them, while jobs run, sleep or are paused "
        "that use it.",
        responses={204: None},
    )
    def delete(self, request: Request, public_id: str) -> Response:
        authorization = lookup.get(account_of(request), public_id)
        lifecycle.delete(authorization, actor_of(request))
        return Response(status=204)


class ConnectionTest(AuthorizationsView):
    """The connection test of an authorization."""

    scope = Scope.JOBS
    scopes = None

    @extend_schema(
        tags=["authorizations"],
        summary="List the steps of the connection test, with the last results",
        responses={200: TEST_ANSWER},
    )
    def get(self, request: Request, public_id: str) -> Response:
        return Envelope(present_test(lookup.get(account_of(request), public_id)))

    @extend_schema(
        tags=["authorizations"],
        summary="Test the connection",
        description="Answers when every step has been tried.",
        request=NO_BODY,
        responses={200: TEST_ANSWER},
    )
    def post(self, request: Request, public_id: str) -> Response:
        tested = health.test(lookup.get(account_of(request), public_id))
        return Envelope(present_test(tested))


class ProviderList(AuthorizationsView):
    """The providers there are."""

    scopes = {"GET": Scope.JOBS}

    @extend_schema(
        tags=["authorizations"],
        summary="List the providers, with the settings of their methods",
        responses={200: PROVIDERS_ANSWER},
    )
    def get(self, request: Request) -> Response:
        known = sorted(provider.registry().values(), key=lambda each: each.title)
        return Envelope([present_provider(each) for each in known])


class ProviderDetail(AuthorizationsView):
    """One provider."""

    scopes = {"GET": Scope.JOBS}

    @extend_schema(
        tags=["authorizations"],
        summary="Fetch a provider",
        responses={200: PROVIDER_ANSWER},
    )
    def get(self, request: Request, slug: str) -> Response:
        return Envelope(present_provider(provider.get(slug)))


def _method(said: Said) -> Method:
    if not said.provider:
        known = ", ".join(sorted(provider.registry()))
        raise InvalidSettingError("provider_id", f"is required: one of {known}.")
    at = provider.get(said.provider)
    return at.method(said.method) if said.method else at.first_method


def _refuse_other_kind(authorization: Authorization, said: Said) -> None:
    for name, wanted, kept in (
        ("provider_id", said.provider, authorization.provider),
        ("method", said.method, authorization.method),
    ):
        if wanted not in ("", kept):
            raise InvalidSettingError(name, f"cannot be changed; it is {kept}.")
