"""Posts each message to a web address as JSON.

The request is `POST`, its body the documented message, its headers those that
Standard Webhooks (https://www.standardwebhooks.com) names, `webhook-id` and
`webhook-timestamp`, and the customer's own.
"""

from __future__ import annotations

import http.client
import math
import re
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit

from lyticsapp.authorizations import oauth2, webhooks
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.errors import TokenRefusedError, TokenUnreachableError
from lyticsapp.authorizations.step import Result, Step, Steps, failed, passed, warned
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import Kind, Setting
from lyticsapp.jobs.workflow import NO_CREDENTIALS, Setup
from lyticsapp.masking import looks_secret
from lyticsapp.network import outgoing
from lyticsapp.network.addresses import AddressRefusedError
from lyticsapp.network.headers import check_headers
from lyticsapp.network.looking import refuse_private
from lyticsapp.network.urls import check_url, prepared
from subscriptions.channel import Limits, Message
from subscriptions.outcome import (
    Delivered,
    Gone,
    Omitted,
    Outcome,
    Throttled,
    Transient,
    Unauthorized,
    Verdict,
)

TITLE = "Webhook"
WORKFLOW = "webhook_triggers"
PROVIDER = "webhook"
JOB_TITLE = "Export Audience Triggers"
METHODS = ("none", "header", "oauth2")
WITHOUT = NO_CREDENTIALS
AUDIENCES = "Audience(s)"

SETTINGS = (
    Setting(
        name="webhook_url",
        label="Webhook URL",
        help="The address that each message is posted to.",
        required=True,
        check=check_url,
    ),
    Setting(
        name="headers",
        label="Headers",
        help="Headers to send with each message, such as Authorization.",
        kind=Kind.MAP,
        secret_entry=looks_secret,
        check=check_headers,
    ),
    Setting(
        name="segmentio_writekey",
        label="Segment.io write key",
        help="Sends each message to Segment as well.",
        secret=True,
        offered=False,
    ),
)

LIMITS = Limits(messages=1, message_bytes=1_000_000, total_bytes=1_000_000)
TIMEOUT_S = 15.0
ANSWER_KEPT_BYTES = 2_000
USER_AGENT = "lyticsapp-webhook/1"

UNAUTHORIZED = frozenset({401, 403})
OMITTED = frozenset({400, 404, 405, 413, 422})
GONE = 410
MAY_ASK_TO_WAIT = frozenset({429, 503})
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Post:
    """A request that is ready to be sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def check(setup: Setup) -> None:
    """Refuse an address that will be refused when sending."""
    parts = urlsplit(prepared(setup.config["webhook_url"]))
    try:
        refuse_private(parts.hostname or "", parts.port or 443)
    except AddressRefusedError as error:
        raise InvalidSettingError("webhook_url", str(error)) from error


def test_steps(setup: Setup) -> Steps:
    """Whether the address answers; it is asked for its options and told nothing."""
    url = setup.config["webhook_url"]
    host = urlsplit(prepared(url)).hostname

    def run(credentials: Credentials) -> Result:
        try:
            headers = {**_headers(setup.config, credentials)}
            headers.update(webhooks.token_of(credentials))
            address = prepared(webhooks.address_with(url, credentials))
            answer = outgoing.request(
                "OPTIONS", address, headers, b"", timeout_s=TIMEOUT_S
            )
        except (TokenRefusedError, AddressRefusedError) as error:
            return failed(str(error))
        except TokenUnreachableError as error:
            return warned(f"{error} Try again later.")
        except (OSError, http.client.HTTPException) as error:
            return failed(f"{host} is not reached: {classify_error(error).reason}.")
        if answer.status in UNAUTHORIZED:
            return failed(
                f"{host} refuses the credentials: it answered {answer.status}."
            )
        return passed(f"{host} answers.")

    return (Step(key=f"webhook:{url}", title=f"Reach {host}", run=run),)


def format(
    message: Message,
    config: Mapping[str, Any],
    credentials: Credentials,
) -> Post:
    """The request of a message."""
    headers = _headers(config, credentials)
    headers["webhook-id"] = str(message.id)
    url = webhooks.address_with(config["webhook_url"], credentials)
    return Post(prepared(url), headers, message.body)


def send(
    requests: Sequence[Post],
    config: Mapping[str, Any],
    credentials: Credentials,
) -> list[Outcome]:
    """Post each, and tell what came of it."""
    return [_post(request, credentials) for request in requests]


def classify_status(status: int, retry_after: str | None, now: datetime) -> Verdict:
    """What an answer means."""
    if 200 <= status < 300:
        return Delivered()
    reason = f"answered {status}"
    if status in OMITTED:
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


def classify_error(error: Exception) -> Verdict:
    """What it means that there was no answer."""
    if isinstance(error, AddressRefusedError):
        return Gone(str(error))
    for kind, text in ERRORS:
        if isinstance(error, kind):
            return Transient(text(error))
    return Transient(f"the connection failed: {error}")


ERRORS: Sequence[tuple[type[Exception], Callable[[Any], str]]] = (
    (TimeoutError, lambda _: f"no answer within {TIMEOUT_S:g} s"),
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


def _headers(config: Mapping[str, Any], credentials: Credentials) -> dict[str, str]:
    """Ours, unless the customer's own say otherwise, and the customer's."""
    ours = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    chosen = {**webhooks.headers_of(credentials), **config.get("headers", {})}
    replaced = {name.lower() for name in chosen}
    return {n: each for n, each in ours.items() if n.lower() not in replaced} | chosen


def _post(request: Post, credentials: Credentials) -> Outcome:
    at = datetime.now(UTC)
    headers = {**request.headers, "webhook-timestamp": str(math.floor(at.timestamp()))}
    begun = time.monotonic()
    try:
        answer = _answer(request, headers, credentials)
        if answer.status == http.client.UNAUTHORIZED and oauth2.forget(credentials):
            answer = _answer(request, headers, credentials)
    except TokenRefusedError as error:
        return Outcome(Unauthorized(str(error)), at, _elapsed_ms(begun))
    except TokenUnreachableError as error:
        return Outcome(Transient(str(error)), at, _elapsed_ms(begun))
    except (AddressRefusedError, OSError, http.client.HTTPException) as error:
        return Outcome(classify_error(error), at, _elapsed_ms(begun))
    return Outcome(
        verdict=classify_status(
            answer.status, answer.headers.get("Retry-After"), datetime.now(UTC)
        ),
        at=at,
        latency_ms=_elapsed_ms(begun),
        status_code=answer.status,
        answer=_text(answer.body),
    )


def _answer(
    request: Post, headers: Mapping[str, str], credentials: Credentials
) -> outgoing.Answer:
    return outgoing.request(
        "POST",
        request.url,
        {**headers, **webhooks.token_of(credentials)},
        request.body,
        timeout_s=TIMEOUT_S,
    )


def _elapsed_ms(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def _text(body: bytes) -> str:
    return body[:ANSWER_KEPT_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
