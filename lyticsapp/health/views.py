"""GET /healthz: the whole installation; GET /readyz: this web process."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from lyticsapp.health import state


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return _answer(state.whole())


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    return _answer(state.readiness())


def _answer(health: state.Health) -> JsonResponse:
    response = JsonResponse(health.as_json(), status=200 if health.ok else 503)
    response["Cache-Control"] = "no-store"
    return response
