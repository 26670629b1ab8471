"""What monitors ask: /healthz, /readyz and /metrics."""

from __future__ import annotations

import ipaddress
import secrets

import redis
from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from lyticsapp.health import metrics, state


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The whole installation."""
    return _answer(state.whole())


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """This web process."""
    return _answer(state.readiness())


@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Figures of the whole installation, all accounts together.

    Given to whoever has METRICS_TOKEN; where none is set, to this machine alone.
    """
    if not _may_scrape(request):
        return HttpResponse(
            "Set METRICS_TOKEN and send it as a Bearer token.\n",
            status=401,
            content_type="text/plain",
        )
    try:
        figures = metrics.exposition()
    except (Error, redis.RedisError) as error:
        reason = f"The figures cannot be read: {type(error).__name__}.\n"
        return HttpResponse(reason, status=503, content_type="text/plain")
    return HttpResponse(figures, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_scrape(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        wanted = f"Bearer {settings.METRICS_TOKEN}"
        return secrets.compare_digest(given.encode(), wanted.encode())
    # Behind a proxy on this machine every caller seems to be local.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    return ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback


def _answer(health: state.Health) -> JsonResponse:
    response = JsonResponse(health.as_json(), status=200 if health.ok else 503)
    response["Cache-Control"] = "no-store"
    return response
