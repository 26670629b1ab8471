"""What answers where no endpoint does: unknown paths of the API, and faults."""

from __future__ import annotations

from typing import Any

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
    if request.path.split("/")[1] in API_ROOTS:
        return json_response(None, status=500, message="Internal error. Try again.")
    return defaults.server_error(request)
