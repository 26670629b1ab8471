"""What the errors of Azure Event Hubs mean for the messages that were sent.

https://learn.microsoft.com/azure/event-hubs/exceptions-dotnet,
https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot,
https://learn.microsoft.com/rest/api/eventhub/send-event#response-codes
"""

from __future__ import annotations

import http.client
import logging
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.eventhub.exceptions import AuthenticationError, EventHubError

from lyticsapp.authorizations.azure.events import (
    EventTooLargeError,
    NoHubError,
    NoPartitionError,
)
from lyticsapp.authorizations.azure.posts import AnswerError
from lyticsapp.authorizations.errors import TokenRefusedError, TokenUnreachableError
from lyticsapp.network.addresses import AddressRefusedError
from subscriptions.http_verdicts import retry_after_s
from subscriptions.outcome import (
    Gone,
    Permanent,
    Throttled,
    Transient,
    Unauthorized,
    Verdict,
)

UNAUTHORIZED = frozenset({"auth-failed", "unauthorized-access"})
GONE = frozenset(
    {
        "entity-disabled",
        "messaging-entity-disabled",
        "not-found",
        "resource-deleted",
    }
)
THROTTLED = frozenset({"server-busy"})
REFUSED = frozenset({"link:message-size-exceeded"})
KNOWN = frozenset(
    {
        "client-error",
        "connection:forced",
        "container-close",
        "internal-error",
        "link:detach-forced",
        "operation-cancelled",
        "resource-limit-exceeded",
        "socket-error",
        "timeout",
    }
)
"""What may pass."""
STATUS = re.compile(r"Status code: (\d{3})")
STATUS_CONDITIONS = {
    "401": "unauthorized-access",
    "403": "unauthorized-access",
    "404": "not-found",
    "410": "resource-deleted",
}
"""What an answer to a token means; any other may pass."""
WAIT_S = re.compile(r"wait (\d{1,4}) seconds")

LONGEST_REASON = 500

ERRORS: Sequence[tuple[tuple[type[Exception], ...], Callable[[str], Verdict]]] = (
    ((ClientAuthenticationError, TokenRefusedError), Unauthorized),
    ((EventTooLargeError,), Permanent),
    ((TimeoutError,), lambda _: Transient("no answer in time")),
    ((NoPartitionError, TokenUnreachableError), Transient),
    ((AzureError, OSError, http.client.HTTPException), Transient),
    ((NoHubError, AddressRefusedError, ValueError), Gone),
)
FAILURES: tuple[type[Exception], ...] = (
    AnswerError,
    EventHubError,
    *(kind for kinds, _ in ERRORS for kind in kinds),
)
"""What a send may raise."""

logger = logging.getLogger(__name__)


def of_error(error: Exception) -> Verdict:
    """What it means that events were not sent; what is not known may pass."""
    if isinstance(error, AnswerError):
        return of_answer(error)
    if isinstance(error, AuthenticationError):
        return _of_authentication(error)
    if isinstance(error, EventHubError):
        return of_condition(error.error or "", str(error))
    for kinds, verdict in ERRORS:
        if isinstance(error, kinds):
            return verdict(_cut(str(error) or type(error).__name__))
    logger.warning("an error of Event Hubs that is not known", exc_info=error)
    return Transient(f"unexpected {type(error).__name__}")


def of_condition(condition: str, text: str) -> Verdict:
    """What an AMQP condition means, without what stands before its first colon."""
    reason = f"Event Hubs: {_cut(text)}"
    if condition in UNAUTHORIZED:
        return Unauthorized(reason)
    if condition in GONE:
        return Gone(reason)
    if condition in REFUSED:
        return Permanent(reason)
    if condition in THROTTLED:
        return Throttled(reason, _asked_s(text))
    if condition not in KNOWN:
        logger.warning("a condition that is not known: %r: %s", condition, reason)
    return Transient(reason)


def of_answer(error: AnswerError) -> Verdict:
    """What an answer over HTTPS means."""
    reason = _cut(str(error))
    if error.status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        return Unauthorized(reason)
    if error.status in (http.client.NOT_FOUND, http.client.GONE):
        return Gone(reason)
    if error.status == http.client.REQUEST_ENTITY_TOO_LARGE:
        return Permanent(reason)
    if error.status in (
        http.client.TOO_MANY_REQUESTS,
        http.client.SERVICE_UNAVAILABLE,
    ):
        wait_s = retry_after_s(error.retry_after, datetime.now(UTC))
        return Throttled(reason, _asked_s(reason) if wait_s is None else wait_s)
    if error.status < http.client.INTERNAL_SERVER_ERROR:
        logger.warning("an answer of Event Hubs that is not known: %s", reason)
    return Transient(reason)


def status_of(error: Exception | None) -> int | None:
    """The HTTP status of the answer; None where there was none."""
    return error.status if isinstance(error, AnswerError) else None


def _of_authentication(error: AuthenticationError) -> Verdict:
    """The SDK calls so what happened before it was let in, faults of the network too."""
    text = str(error)
    answered = STATUS.search(text)
    if answered is None:
        return of_condition(error.error or "", text)
    return of_condition(STATUS_CONDITIONS.get(answered[1], "internal-error"), text)


def _asked_s(text: str) -> float | None:
    """The wait that the text of a throttling asks for."""
    asked = WAIT_S.search(text)
    return float(asked[1]) if asked else None


def _cut(text: str) -> str:
    """What the SDK says at first, on one line, and no longer than people read."""
    return " ".join(text.partition("\nError: ")[0].split())[:LONGEST_REASON]
