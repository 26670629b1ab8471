"""What the endpoints of authorizations share: their errors, and who may call them.

Jobs are set up with authorizations, so the scope of jobs reads and tests them; to
enter, change and delete credentials takes the scope `admin`, as it takes an admin
in the pages.
"""

from __future__ import annotations

from collections.abc import Mapping

from rest_framework.exceptions import NotFound, ParseError
from rest_framework.response import Response
from rest_framework.views import APIView

from lyticsapp.accounts.bodies import JsonParser
from lyticsapp.accounts.models import Scope
from lyticsapp.accounts.refusals import Conflict
from lyticsapp.accounts.v2 import coded
from lyticsapp.authorizations.errors import (
    AuthorizationError,
    AuthorizationInUseError,
    UnknownAuthorizationError,
    UnknownMethodError,
    UnknownProviderError,
)
from lyticsapp.declaration.errors import DeclarationError

SCOPES = {
    "GET": Scope.JOBS,
    "POST": Scope.ADMIN,
    "PUT": Scope.ADMIN,
    "DELETE": Scope.ADMIN,
}
CODES: tuple[tuple[type[Exception], str], ...] = (
    (UnknownProviderError, "PROVIDER-NOTFOUND-016"),
    (UnknownMethodError, "AUTHTYPE-NOTFOUND-007"),
    (UnknownAuthorizationError, "AUTH-NOTFOUND-006"),
    (AuthorizationError, "AUTH-BADREQ-008"),
    (DeclarationError, "AUTH-BADREQ-008"),
)
"""The documented codes of errors under /v2."""


class AuthorizationsView(APIView):
    """An endpoint whose errors are those of authorizations."""

    scopes: Mapping[str, Scope] | None = SCOPES
    parser_classes = (JsonParser,)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what authorizations refuse, with its own text and code."""
        return coded(super().handle_exception(_as_answer(exc)), exc, CODES)


def _as_answer(error: Exception) -> Exception:
    if isinstance(error, UnknownAuthorizationError):
        return NotFound()
    if isinstance(error, UnknownProviderError):
        return NotFound(str(error))
    if isinstance(error, AuthorizationInUseError):
        return Conflict(str(error))
    if isinstance(error, AuthorizationError | DeclarationError):
        return ParseError(str(error))
    return error
