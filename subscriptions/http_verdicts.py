"""What an HTTP answer, or the lack of one, means for the message that was sent."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from socket import gaierror
from typing import Any

from lyticsapp.network.addresses import AddressRefusedError
from subscriptions.outcome import (
    Delivered,
    Gone,
    Omitted,
    Throttled,
    Transient,
    Unauthorized,
    Verdict,
)

UNAUTHORIZED = frozenset({401, 403})
OMITTED = frozenset({400, 404, 405, 413, 422})
GONE = 410
MAY_ASK_TO_WAIT = frozenset({429, 503})
TOO_MANY = 429


def of_status(
    status: int,
    retry_after: str | None,
    now: datetime,
    *,
    omitted: Collection[int] = OMITTED,
) -> Verdict:
    """What an answer means; those that are `omitted` are never retried."""
    if 200 <= status < 300:
        return Delivered()
    reason = f"answered {status}"
    if status in omitted:
        return Omitted(reason)
    if status in UNAUTHORIZED:
        return Unauthorized(f"{reason}: our credentials are refused")
    if status == GONE:
        return Gone(f"{reason}: the receiver is gone")
    wait_s = retry_after_s(retry_after, now)
    if status in MAY_ASK_TO_WAIT and (status == TOO_MANY or wait_s is not None):
        return Throttled(reason, wait_s)
    if 300 <= status < 400:
        return Transient(f"{reason}, a redirect; redirects are not followed")
    return Transient(reason)


def of_error(error: Exception, *, within_s: float) -> Verdict:
    """What it means that there was no answer within so many seconds."""
    if isinstance(error, AddressRefusedError):
        return Gone(str(error))
    if isinstance(error, TimeoutError):
        return Transient(f"no answer within {within_s:g} s")
    for kind, text in ERRORS:
        if isinstance(error, kind):
            return Transient(text(error))
    return Transient(f"the connection failed: {error}")


ERRORS: Sequence[tuple[type[Exception], Callable[[Any], str]]] = (
    (gaierror, lambda e: f"the host does not resolve: {e.strerror}"),
    (ssl.SSLCertVerificationError, lambda e: f"its certificate: {e.verify_message}"),
    (ssl.SSLError, lambda e: f"no secure connection: {e.reason}"),
    (ConnectionRefusedError, lambda _: "the connection was refused"),
    (http.client.HTTPException, lambda e: f"no HTTP answer: {type(e).__name__}"),
)


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """The wait a Retry-After header asks for: seconds, or until a date (RFC 9110)."""
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)
