"""What answers where no endpoint does: unknown paths and names, and faults."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from lyticsapp.accounts.api import json_response

API_ROOTS = ("api", "collect", "v2")


class UnknownPath(APIView):
    """Answers what is no endpoint: 401 without a token, else 404."""

    scope = None
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to a fault: the envelope under the API's paths, else a page."""
    if _is_api(request):
        return json_response(None, status=500, message="Internal error. Try again.")
    return defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to a call that is refused; one for a foreign name says so."""
    if not isinstance(exception, DisallowedHost):
        return defaults.bad_request(request, exception)
    message = (
        f"This server does not answer to the name {request.headers.get('Host')!r}. "
        "Whoever runs it can add that to ALLOWED_HOSTS."
    )
    if _is_api(request):
        return json_response(None, status=400, message=message)
    return HttpResponse(f"{message}\n", status=400, content_type="text/plain")


def _is_api(request: HttpRequest) -> bool:
    return request.path.split("/")[1] in API_ROOTS
