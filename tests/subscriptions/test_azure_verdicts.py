"""What the errors of the Azure SDK and the answers over HTTPS come to."""

from __future__ import annotations

import http.client
import ssl
from email.message import Message

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.eventhub._pyamqp.error import (
    AMQPConnectionError,
    AMQPLinkError,
    AuthenticationException,
    ErrorCondition,
    MessageException,
    MessageSendFailed,
    TokenAuthFailure,
)
from azure.eventhub._transport._pyamqp_transport import PyamqpTransport
from azure.eventhub.exceptions import (
    ConnectError,
    ConnectionLostError,
    EventDataSendError,
    EventHubError,
    OperationTimeoutError,
)

from lyticsapp.authorizations.azure.events import (
    EventTooLargeError,
    NoHubError,
    NoPartitionError,
)
from lyticsapp.authorizations.azure.posts import AnswerError
from lyticsapp.authorizations.errors import TokenRefusedError, TokenUnreachableError
from lyticsapp.network.addresses import AddressRefusedError
from lyticsapp.network.outgoing import Answer
from subscriptions import azure_verdicts
from subscriptions.outcome import (
    Gone,
    Permanent,
    Throttled,
    Transient,
    Unauthorized,
)

BUSY = "The entity is being throttled. Please wait 4 seconds and try again."


def by_sdk(error):
    """What the SDK raises where its AMQP says this."""
    return PyamqpTransport._create_eventhub_exception(error)


def rejected(condition):
    """What the SDK raises where a send is answered by a condition."""
    try:
        error = MessageSendFailed(ErrorCondition(condition), description=BUSY)
    except ValueError:
        error = MessageException(condition, description=BUSY)
    return EventDataSendError(str(error), error)


def detached(condition):
    """What the SDK raises where a link is detached with a condition."""
    return by_sdk(AMQPLinkError(condition, description=BUSY))


@pytest.mark.parametrize("raised_by", [rejected, detached])
@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        (b"amqp:unauthorized-access", Unauthorized),
        (b"com.microsoft:auth-failed", Unauthorized),
        (b"amqp:not-found", Gone),
        (b"amqp:resource-deleted", Gone),
        (b"com.microsoft:entity-disabled", Gone),
        (b"com.microsoft:server-busy", Throttled),
        (b"amqp:link:message-size-exceeded", Permanent),
        (b"amqp:resource-limit-exceeded", Transient),
        (b"amqp:internal-error", Transient),
        (b"amqp:link:detach-forced", Transient),
        (b"com.microsoft:timeout", Transient),
        (b"com.microsoft:operation-cancelled", Transient),
    ],
)
def test_a_condition_of_amqp_has_a_verdict(condition, verdict, raised_by, caplog):
    found = azure_verdicts.of_error(raised_by(condition))
    assert type(found) is verdict
    assert "throttled" in found.reason
    assert "\n" not in found.reason
    if verdict is Throttled:
        assert found.after_s == 4
    assert caplog.records == []


@pytest.mark.parametrize("condition", [b"com.microsoft:new", b"amqp:not-implemented"])
def test_an_unknown_condition_may_pass_and_is_logged(condition, caplog):
    assert type(azure_verdicts.of_error(rejected(condition))) is Transient
    assert condition.decode().partition(":")[2] in caplog.text


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(401, Unauthorized), (403, Unauthorized), (404, Gone), (500, Transient)],
)
def test_an_answer_to_a_token_has_a_verdict(status, verdict):
    refused = by_sdk(TokenAuthFailure(status, b"InvalidSignature"))
    found = azure_verdicts.of_error(refused)
    assert type(found) is verdict
    assert found.reason.count("InvalidSignature") == 1


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationException(
            ErrorCondition.InternalError, description="Authorization timeout."
        ),
        AuthenticationException(
            ErrorCondition.ClientError, description="Failed: Name not known"
        ),
        AMQPConnectionError(ErrorCondition.SocketError, description="reset"),
        AMQPConnectionError(ErrorCondition.ConnectionCloseForced),
        TimeoutError("timed out"),
    ],
)
def test_a_fault_of_the_network_is_no_refusal(error):
    """The SDK takes what happens before it is let in for an authentication's."""
    assert type(azure_verdicts.of_error(by_sdk(error))) is Transient


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ConnectError("no connection"), Transient),
        (ConnectionLostError("lost"), Transient),
        (OperationTimeoutError("late"), Transient),
        (EventHubError("whatever"), Transient),
        (ServiceRequestError("unreachable"), Transient),
        (ClientAuthenticationError("refused"), Unauthorized),
        (TokenRefusedError("401 invalid_client"), Unauthorized),
        (TokenUnreachableError("TimeoutError"), Transient),
        (EventTooLargeError(1024), Permanent),
        (NoHubError("host", "hub"), Gone),
        (NoPartitionError("no partition 5"), Transient),
        (AddressRefusedError("10.0.0.1 is private"), Gone),
        (ValueError("is no host of Azure"), Gone),
        (ssl.SSLCertVerificationError("self-signed"), Transient),
        (ConnectionRefusedError("refused"), Transient),
        (http.client.RemoteDisconnected("closed"), Transient),
        (TimeoutError(), Transient),
    ],
)
def test_an_error_has_a_verdict(error, verdict):
    found = azure_verdicts.of_error(error)
    assert type(found) is verdict
    assert found.reason
    assert isinstance(error, azure_verdicts.FAILURES)


def test_an_unknown_error_may_pass_and_is_logged(caplog):
    found = azure_verdicts.of_error(KeyError("secret-of-somebody"))
    assert found == Transient("unexpected KeyError")
    assert "is not known" in caplog.text


def answered(status, body=b"", **headers):
    told = http.client.HTTPMessage()
    for name, value in headers.items():
        Message.add_header(told, name.replace("_", "-"), value)
    return AnswerError(Answer(status, told, body))


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Gone),
        (410, Gone),
        (413, Permanent),
        (429, Throttled),
        (500, Transient),
        (502, Transient),
        (503, Throttled),
        (400, Transient),
    ],
)
def test_an_answer_over_https_has_a_verdict(status, verdict):
    error = answered(status, b"<Error><Detail>why &amp; so</Detail></Error>")
    found = azure_verdicts.of_error(error)
    assert type(found) is verdict
    assert found.reason == f"answered {status}: why & so"
    assert azure_verdicts.status_of(error) == status


def test_throttling_over_https_says_how_long():
    assert azure_verdicts.of_error(answered(429, Retry_After="7")).after_s == 7
    body = f"<Detail>{BUSY}</Detail>".encode()
    assert azure_verdicts.of_error(answered(503, body)).after_s == 4
    assert azure_verdicts.of_error(answered(503)).after_s is None
