"""What every API endpoint shares: who calls, what they may, and the envelope.

A success is `{"data": …, "status": 200, "message": "success"}`, an error
`{"data": null, "status": 4xx, "message": "what is wrong"}`. A call without a
valid token is refused before anything else is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import orjson
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from lyticsapp.accounts import tokens
from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.errors import TokenError
from lyticsapp.accounts.models import Account, ApiToken, Scope
from lyticsapp.accounts.tokens import AuthenticatedToken

if TYPE_CHECKING:
    from rest_framework.views import APIView

JSON = "application/json"
NOT_FOUND = "Not Found"
NON_FIELD_ERRORS = "non_field_errors"
TOKEN_PARAMETERS = ("key", "access_token")


class Envelope(Response):
    """An answer with its message and further keys beside `data`."""

    def __init__(
        self,
        data: Any = None,
        *,
        message: str | None = None,
        status: int = 200,
        **extra: Any,
    ) -> None:
        super().__init__(data, status=status)
        self.message = message
        self.extra = extra


class EnvelopeRenderer(BaseRenderer):
    """Puts what a view answers into the envelope, as JSON."""

    media_type = JSON
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {})["response"]
        if response.status_code == 204:
            return b""
        extra = response.extra if isinstance(response, Envelope) else {}
        message = response.message if isinstance(response, Envelope) else None
        return enveloped(data, response.status_code, message, extra)


class TokenAuthentication(BaseAuthentication):
    """Knows the caller by the token; `request.account` is the token's account."""

    def authenticate(self, request: Request) -> tuple[None, ApiToken]:
        try:
            token = tokens.verify(token_text(request))
        except TokenError as error:
            raise exceptions.AuthenticationFailed(str(error)) from error
        if "\0" in request.path or "%00" in request.META["QUERY_STRING"]:
            raise exceptions.ParseError("The address holds the character %00.")
        request.account = token.account  # type: ignore[attr-defined]
        return None, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """Lets tokens with the view's `scope` pass, or with that of the method.

    A view declares `scope` or, by method, `scopes`; `scope = None` asks for a
    valid token only.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        wanted = _scope_of(view, request.method or "")
        if wanted is not None and not tokens.allows(token_of(request).scopes, wanted):
            raise missing_scope(wanted)
        return True


def account_of(request: Request) -> Account:
    """The account the caller's token belongs to."""
    return cast(Account, request.account)  # type: ignore[attr-defined]


def token_of(request: Request) -> ApiToken:
    """The caller's token."""
    return cast(ApiToken, request.auth)


def actor_of(request: Request) -> Actor:
    """Who calls, for the audit log."""
    return Actor(token=token_of(request))


def authenticate_token(
    request: HttpRequest, scope: Scope | None = None
) -> AuthenticatedToken:
    """The caller's token for a plain view, without a query most of the time.

    Raises AuthenticationFailed or PermissionDenied; `error_response` answers them.
    """
    try:
        token = tokens.cache.verify(token_text(request))
    except TokenError as error:
        raise exceptions.AuthenticationFailed(str(error)) from error
    if scope is not None and not token.allows(scope):
        raise missing_scope(scope)
    return token


def token_text(request: HttpRequest | Request) -> str:
    """The token as it was sent: raw or Bearer in the header, or in the address."""
    sent: str = request.META.get("HTTP_AUTHORIZATION", "").strip()
    if not sent:
        sent = next(filter(None, map(request.GET.get, TOKEN_PARAMETERS)), "")
    scheme, _, rest = sent.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else sent


def missing_scope(scope: Scope) -> exceptions.PermissionDenied:
    """The refusal of a token that lacks a scope."""
    return exceptions.PermissionDenied(
        f'Not authorized: this token lacks the scope "{scope.value}".'
    )


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The envelope of an error; None for what is no answer but a fault."""
    if isinstance(error, Http404):
        error = exceptions.NotFound(NOT_FOUND)
    if not isinstance(error, exceptions.APIException):
        return None
    answer = Envelope(None, message=message_of(error), status=error.status_code)
    for name, value in _headers(error).items():
        answer[name] = value
    return answer


def error_response(error: exceptions.APIException) -> HttpResponse:
    """The same answer, for a plain view."""
    answer = json_response(None, status=error.status_code, message=message_of(error))
    for name, value in _headers(error).items():
        answer[name] = value
    return answer


def json_response(
    data: Any, *, status: int = 200, message: str | None = None, **extra: Any
) -> HttpResponse:
    """An answer in the envelope, for a plain view."""
    return HttpResponse(
        enveloped(data, status, message, extra), content_type=JSON, status=status
    )


def enveloped(
    data: Any, status: int, message: str | None, extra: Mapping[str, Any]
) -> bytes:
    """The bytes of an answer."""
    if message is None:
        message = "created" if status == 201 else "success"
    body = {"data": data, "status": status, "message": _encodable(message), **extra}
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)


def message_of(error: exceptions.APIException) -> str:
    """What is wrong, as one text that names the fields."""
    if error.detail == exceptions.NotFound.default_detail:
        return NOT_FOUND
    return " ".join(_sentences(error.detail, "")) or "Bad request."


def _scope_of(view: APIView, method: str) -> Scope | None:
    scopes = getattr(view, "scopes", None)
    if scopes is not None:
        return cast("Scope | None", scopes.get(method))
    if not hasattr(view, "scope"):
        raise ImproperlyConfigured(f"{type(view).__name__} declares no scope")
    return cast("Scope | None", view.scope)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if error.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def _sentences(detail: Any, field: str) -> Iterator[str]:
    if isinstance(detail, dict):
        for name, each in detail.items():
            yield from _sentences(each, _inner(field, name))
    elif isinstance(detail, list):
        for position, each in enumerate(detail):
            nested = isinstance(each, dict | list)
            yield from _sentences(each, _inner(field, position) if nested else field)
    else:
        yield f"{field}: {detail}" if field else str(detail)


def _inner(field: str, name: str | int) -> str:
    if isinstance(name, int):
        return f"{field}[{name}]"
    return field if name == NON_FIELD_ERRORS else f"{field}.{name}".lstrip(".")


def _encodable(text: str) -> str:
    """The text without the lone surrogates that a quoted value may hold."""
    return text.encode("utf-8", "replace").decode()
