"""Posts each message to a web address as JSON.

The body is the documented message, or an array of them; the headers are those that
Standard Webhooks (https://www.standardwebhooks.com) names, and the customer's own.
"""

from __future__ import annotations

import hashlib
import http.client
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from lyticsapp.authorizations import oauth2, webhooks
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.errors import TokenRefusedError, TokenUnreachableError
from lyticsapp.authorizations.step import Result, Step, Steps, failed, passed, warned
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import Kind, Setting, choices
from lyticsapp.jobs.workflow import NO_CREDENTIALS, Setup
from lyticsapp.masking import looks_secret
from lyticsapp.network import outgoing
from lyticsapp.network.addresses import AddressRefusedError
from lyticsapp.network.headers import check_headers
from lyticsapp.network.looking import refuse_private
from lyticsapp.network.signatures import check_secret, key_of, signature
from lyticsapp.network.urls import check_url, prepared
from subscriptions import http_verdicts, segment_io
from subscriptions.channel import Limits, Message
from subscriptions.outcome import Delivered, Outcome, Transient, Unauthorized, Verdict

TITLE = "Webhook"
WORKFLOW = "webhook_triggers"
PROVIDER = "webhook"
JOB_TITLE = "Export Audience Triggers"
METHODS = ("none", "header", "oauth2")
WITHOUT = NO_CREDENTIALS
AUDIENCES = "Audience(s)"

USUAL_BATCH, MOST_IN_BATCH = 10, 1_000
USUAL_FLUSH_S, LONGEST_FLUSH_S = 1, 300
MOST_REDIRECTS = 5


def _check_batch_size(size: Any) -> None:
    if not 1 <= size <= MOST_IN_BATCH:
        raise ValueError(f"must be 1 to {MOST_IN_BATCH}.")


def _check_flush(seconds: Any) -> None:
    if not 1 <= seconds <= LONGEST_FLUSH_S:
        raise ValueError(f"must be 1 to {LONGEST_FLUSH_S} seconds.")


def _check_statuses(statuses: Any) -> None:
    wrong = [status for status in statuses if not 300 <= status <= 599]
    if wrong:
        raise ValueError(f"{wrong[0]} is no status of a failure, which are 300 to 599.")


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
        name="http_method",
        label="HTTP Method",
        help="How each message is sent; POST where nothing is chosen.",
        choices=choices("GET", "POST", "PUT", "PATCH", "DELETE"),
        advanced=True,
    ),
    Setting(
        name="signing_secret",
        label="Signing Secret",
        help="Signs each request as Standard Webhooks has it: whsec_ and 24 to 64 bytes "
        "in base64.",
        secret=True,
        check=check_secret,
        advanced=True,
    ),
    Setting(
        name="previous_signing_secret",
        label="Previous Signing Secret",
        help="Signs each request too, until the receiver knows the new secret.",
        secret=True,
        check=check_secret,
        advanced=True,
    ),
    Setting(
        name="batch_requests",
        label="Batch Requests",
        help="Sends several messages at once, as a JSON array.",
        kind=Kind.BOOLEAN,
        advanced=True,
    ),
    Setting(
        name="batch_size",
        label="Batch Size",
        help=f"The most messages of a batch, up to {MOST_IN_BATCH:,}; {USUAL_BATCH} "
        "where nothing is entered.",
        kind=Kind.INTEGER,
        check=_check_batch_size,
        advanced=True,
    ),
    Setting(
        name="batch_flush_duration",
        label="Batch Flush Duration",
        help="How many seconds a message may wait for a batch to fill, up to "
        f"{LONGEST_FLUSH_S}; {USUAL_FLUSH_S} where nothing is entered.",
        kind=Kind.INTEGER,
        check=_check_flush,
        advanced=True,
    ),
    Setting(
        name="do_not_retry",
        label="Do Not Retry",
        help="HTTP statuses after which a message is given up, besides "
        f"{', '.join(map(str, sorted(http_verdicts.OMITTED)))}.",
        kind=Kind.INTEGERS,
        check=_check_statuses,
        advanced=True,
    ),
    Setting(
        name="follow_redirects",
        label="Follow Redirects",
        help="A redirect is a failure otherwise.",
        kind=Kind.BOOLEAN,
        advanced=True,
    ),
    Setting(
        name="segmentio_writekey",
        label="Segment.io write key",
        help="Tells Segment of each user and event as well.",
        secret=True,
        advanced=True,
    ),
    Setting(
        name="segmentio_url",
        label="Segment.io URL",
        help=f"Where Segment is; {segment_io.BASE_URL} where nothing is entered.",
        check=check_url,
        advanced=True,
    ),
)

LIMITS = Limits(messages=1, message_bytes=1_000_000, total_bytes=1_000_000)
TIMEOUT_S = 15.0
SEGMENT_TIMEOUT_S = 4.0
"""Comes on top, and both end within `subscriptions.channel.SEND_WITHIN_S`."""
ANSWER_KEPT_BYTES = 2_000
USER_AGENT = "lyticsapp-webhook/1"


@dataclass(frozen=True, slots=True)
class Post:
    """A request that is ready to be sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    message_id: str = ""
    method: str = "POST"
    to_segment: Post | None = None
    """What tells Segment of the same, once this was taken."""


def limits(config: Mapping[str, Any]) -> Limits:
    """One message, or as many as a batch may hold."""
    if not config.get("batch_requests"):
        return LIMITS
    return replace(
        LIMITS,
        messages=config.get("batch_size", USUAL_BATCH),
        total_bytes=5 * LIMITS.total_bytes,
        linger_s=config.get("batch_flush_duration", USUAL_FLUSH_S),
    )


def check(setup: Setup) -> None:
    """Refuse an address that will be refused when sending."""
    for name in ("webhook_url", "segmentio_url"):
        if name in setup.config:
            parts = urlsplit(prepared(setup.config[name]))
            try:
                refuse_private(parts.hostname or "", parts.port or 443)
            except AddressRefusedError as error:
                raise InvalidSettingError(name, str(error)) from error


def test_steps(setup: Setup) -> Steps:
    """Whether the address answers; it is asked for its options and told nothing."""
    url = setup.config["webhook_url"]
    host = urlsplit(prepared(url)).hostname

    def run(credentials: Credentials) -> Result:
        try:
            headers = _headers(setup.config, credentials)
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
            reason = http_verdicts.of_error(error, within_s=TIMEOUT_S).reason
            return failed(f"{host} is not reached: {reason}.")
        if answer.status in http_verdicts.UNAUTHORIZED:
            return failed(
                f"{host} refuses the credentials: it answered {answer.status}."
            )
        if answer.status == http_verdicts.GONE:
            return failed(f"{host} says that the receiver is gone: it answered 410.")
        return passed(f"{host} answers.")

    return (Step(key=f"webhook:{url}", title=f"Reach {host}", run=run),)


def format(
    message: Message, config: Mapping[str, Any], credentials: Credentials
) -> Post:
    """The request of a message."""
    url = webhooks.address_with(config["webhook_url"], credentials)
    return Post(
        url=prepared(url),
        headers=_headers(config, credentials),
        body=message.body,
        message_id=str(message.id),
        method=config.get("http_method", "POST"),
        to_segment=_to_segment(message, config),
    )


def send(
    requests: Sequence[Post], config: Mapping[str, Any], credentials: Credentials
) -> list[Outcome]:
    """Post each, or all of a batch at once, and tell what came of each."""
    if config.get("batch_requests"):
        outcome = _post(_batch(requests), config, credentials)
        outcomes = [outcome for _ in requests]
    else:
        outcomes = [_post(request, config, credentials) for request in requests]
    return [
        _segment_told(request, outcome)
        for request, outcome in zip(requests, outcomes, strict=True)
    ]


def _headers(config: Mapping[str, Any], credentials: Credentials) -> dict[str, str]:
    """Ours, unless the customer's own say otherwise, and the customer's."""
    ours = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    chosen = {**webhooks.headers_of(credentials), **config.get("headers", {})}
    replaced = {name.lower() for name in chosen}
    return {n: each for n, each in ours.items() if n.lower() not in replaced} | chosen


def _batch(requests: Sequence[Post]) -> Post:
    """All of them in one; its id is that of just these messages."""
    ids = ",".join(each.message_id for each in requests)
    return replace(
        requests[0],
        body=b"[" + b",".join(each.body for each in requests) + b"]",
        message_id=f"batch_{hashlib.sha256(ids.encode()).hexdigest()[:32]}",
    )


def _to_segment(message: Message, config: Mapping[str, Any]) -> Post | None:
    write_key = config.get("segmentio_writekey")
    if not write_key:
        return None
    url = segment_io.url_of(config.get("segmentio_url", segment_io.BASE_URL))
    headers = segment_io.headers_of(write_key)
    return Post(prepared(url), headers, segment_io.body_of(message))


def _segment_told(request: Post, outcome: Outcome) -> Outcome:
    """What came of it with Segment; a message counts once both have taken it."""
    if request.to_segment is None or not isinstance(outcome.verdict, Delivered):
        return outcome
    at, begun = datetime.now(UTC), time.monotonic()
    to = request.to_segment
    try:
        answer = outgoing.request(
            to.method, to.url, to.headers, to.body, timeout_s=SEGMENT_TIMEOUT_S
        )
    except (AddressRefusedError, OSError, http.client.HTTPException) as error:
        verdict = http_verdicts.of_error(error, within_s=SEGMENT_TIMEOUT_S)
        return Outcome(_of_segment(verdict), at, _elapsed_ms(begun))
    told = _outcome(answer, at, begun, {})
    return replace(told, verdict=_of_segment(told.verdict))


def _of_segment(verdict: Verdict) -> Verdict:
    if isinstance(verdict, Delivered):
        return verdict
    return replace(verdict, reason=f"Segment: {verdict.reason}")


def _post(
    request: Post, config: Mapping[str, Any], credentials: Credentials
) -> Outcome:
    at, begun = datetime.now(UTC), time.monotonic()
    signed = replace(request, headers={**request.headers, **_signed(request, config)})
    try:
        answer = _answer(signed, config, credentials, begun + TIMEOUT_S)
        if answer.status == http.client.UNAUTHORIZED and oauth2.forget(credentials):
            answer = _answer(signed, config, credentials, begun + TIMEOUT_S)
    except TokenRefusedError as error:
        return Outcome(Unauthorized(str(error)), at, _elapsed_ms(begun))
    except TokenUnreachableError as error:
        return Outcome(Transient(str(error)), at, _elapsed_ms(begun))
    except (AddressRefusedError, OSError, http.client.HTTPException) as error:
        verdict = http_verdicts.of_error(error, within_s=TIMEOUT_S)
        return Outcome(verdict, at, _elapsed_ms(begun))
    return _outcome(answer, at, begun, config)


def _signed(request: Post, config: Mapping[str, Any]) -> dict[str, str]:
    """The headers of Standard Webhooks, for a request that is made now."""
    at = str(math.floor(time.time()))
    headers = {"webhook-id": request.message_id, "webhook-timestamp": at}
    secrets = [config.get("signing_secret"), config.get("previous_signing_secret")]
    keys = [key_of(secret) for secret in secrets if secret]
    if keys:
        signatures = signature(request.message_id, at, request.body, keys)
        headers["webhook-signature"] = signatures
    return headers


def _answer(
    request: Post,
    config: Mapping[str, Any],
    credentials: Credentials,
    deadline: float,
) -> outgoing.Answer:
    """The answer; where redirects are followed, that of the last address."""
    url, headers = request.url, {**request.headers, **webhooks.token_of(credentials)}
    for _ in range(MOST_REDIRECTS):
        answer = outgoing.request(
            request.method,
            url,
            headers,
            request.body,
            timeout_s=max(deadline - time.monotonic(), 0.0),
        )
        location = answer.headers.get("Location")
        if not (300 <= answer.status < 400 and location):
            return answer
        if not config.get("follow_redirects"):
            return answer
        url = prepared(urljoin(url, location))
        if urlsplit(url)[:2] != urlsplit(request.url)[:2]:
            headers = {n: each for n, each in headers.items() if not looks_secret(n)}
    return answer


def _outcome(
    answer: outgoing.Answer, at: datetime, begun: float, config: Mapping[str, Any]
) -> Outcome:
    verdict = http_verdicts.of_status(
        answer.status,
        answer.headers.get("Retry-After"),
        datetime.now(UTC),
        omitted=http_verdicts.OMITTED | set(config.get("do_not_retry", ())),
    )
    text = answer.body[:ANSWER_KEPT_BYTES].decode("utf-8", "replace")
    return Outcome(
        verdict,
        at,
        _elapsed_ms(begun),
        status_code=answer.status,
        answer=text.replace("\0", "\ufffd"),
    )


def _elapsed_ms(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
