"""The envelope under /v2: that of /api with the request's id, and errors by code.

A refused token is answered as under /api, as the documents have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from rest_framework.response import Response
from structlog.contextvars import get_contextvars

from lyticsapp.accounts.api import Envelope, EnvelopeRenderer, enveloped

CODES = {
    400: "BADREQ-001",
    403: "FORBIDDEN-026",
    404: "NOTFOUND-003",
    409: "BADREQ-001",
}
UNKNOWN = "UNKNOWN-000"
UNAUTHORIZED = 401


class V2Renderer(EnvelopeRenderer):
    """Puts what a view answers into the envelope of /v2."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {})["response"]
        if response.status_code in (204, UNAUTHORIZED):
            return super().render(data, accepted_media_type, renderer_context)
        extra = dict(response.extra) if isinstance(response, Envelope) else {}
        message = response.message if isinstance(response, Envelope) else None
        if response.status_code >= 400:
            code = getattr(response, "v2_code", "") or CODES.get(
                response.status_code, UNKNOWN
            )
            extra["errors"] = [_error(code, message or "")]
        extra["request_id"] = get_contextvars().get("request_id", "")
        return enveloped(data, response.status_code, message, extra)


def coded(
    response: Response,
    error: Exception,
    codes: Iterable[tuple[type[Exception], str]],
) -> Response:
    """The answer to an error, with the first code that fits it."""
    for kind, code in codes:
        if isinstance(error, kind):
            response.v2_code = code  # type: ignore[attr-defined]
            break
    return response


def _error(code: str, message: str) -> dict[str, str]:
    return {
        "code": code,
        "message": message.encode("utf-8", "replace").decode(),
        "level": "warn",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
