"""The product's addresses, and one that answers nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("bench/empty", empty),
    path("", include("lyticsapp.urls")),
]

handler500 = "lyticsapp.accounts.fallback.server_error"
