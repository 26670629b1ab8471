"""What the errors of AWS mean for the messages that were sent.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from lyticsapp.authorizations.aws.errors import NoIdentityError
from subscriptions.outcome import (
    Gone,
    Permanent,
    Throttled,
    Transient,
    Unauthorized,
    Verdict,
)

FAILURES = (ClientError, BotoCoreError, NoIdentityError)
"""What a call may raise."""

UNAUTHORIZED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "InvalidSignatureException",
        "KMSAccessDeniedException",
        "KMSOptInRequired",
        "KmsAccessDenied",
        "KmsOptInRequired",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
GONE = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "InvalidAddress",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "KmsDisabled",
        "KmsInvalidState",
        "KmsNotFound",
        "QueueDeletedRecently",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
"""There is no such stream or queue, or it cannot be written to as it is set up."""
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
    }
)
REFUSED = frozenset(
    {
        "AWS.SimpleQueueService.BatchRequestTooLong",
        "BatchRequestTooLong",
        "InvalidArgumentException",
        "InvalidAttributeValue",
        "InvalidMessageContents",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "MessageTooLong",
        "UnsupportedOperation",
        "ValidationError",
        "ValidationException",
    }
)
"""What was asked can never work: of one message, or of every one."""

UNTOLD = Transient("AWS has not told what became of it")
"""Of a message that an answer does not name; one that was cut short names none."""


def of_code(code: str, message: str) -> Verdict:
    """What an error code means; one that is not known may pass."""
    reason = f"AWS answered {code}: {message}" if message else f"AWS answered {code}"
    if code in UNAUTHORIZED:
        return Unauthorized(reason)
    if code in GONE:
        return Gone(reason)
    if code in THROTTLED:
        return Throttled(reason)
    if code in REFUSED:
        return Permanent(reason)
    return Transient(reason)


def of_error(error: Exception) -> Verdict:
    """What it means that a whole call failed, with one of FAILURES."""
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        return of_code(said.get("Code", ""), said.get("Message", ""))
    if isinstance(error, NoIdentityError):
        return Unauthorized(str(error))
    return Transient(f"AWS could not be reached: {error}")


def status_of(error: Exception) -> int | None:
    """The HTTP status of the answer; None where there was none."""
    if not isinstance(error, ClientError):
        return None
    status: int | None = error.response.get("ResponseMetadata", {}).get(
        "HTTPStatusCode"
    )
    return status
