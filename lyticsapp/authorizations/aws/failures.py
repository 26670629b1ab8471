"""What an error of AWS means to the person whose credentials they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from lyticsapp.authorizations.aws import policies
from lyticsapp.authorizations.step import Result, failed, warned

UNKNOWN_KEY = (
    "AWS does not know this Access Key: it is mistyped, or was deleted or deactivated."
)
WRONG_SECRET = "The Secret Key is not the one that belongs to this Access Key."  # noqa: S105
ENDED = "The session has expired."
REFUSED: Mapping[str, str] = {
    "InvalidClientTokenId": UNKNOWN_KEY,
    "InvalidAccessKeyId": UNKNOWN_KEY,
    "UnrecognizedClientException": UNKNOWN_KEY,
    "SignatureDoesNotMatch": WRONG_SECRET,
    "InvalidSignatureException": WRONG_SECRET,
    "ExpiredToken": ENDED,
    "ExpiredTokenException": ENDED,
}
DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden", "403"}
)
ABSENT = frozenset(
    {
        "404",
        "NoSuchBucket",
        "ResourceNotFoundException",
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
    }
)
PASSES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes that say nothing of the credentials; it may be different in a while."""
_ACTION = re.compile(r"not authorized to perform: ([\w-]+:\w+)")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried: an IAM action on a resource."""

    action: str
    resource: str
    """Its ARN."""


def result_of(error: ClientError | BotoCoreError, attempt: Attempt) -> Result:
    """What came of an attempt that AWS has not let through."""
    if not isinstance(error, ClientError):
        return warned(
            f"AWS could not be asked, so this is not known: {error}. Try again later."
        )
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    if code in REFUSED:
        return failed(REFUSED[code])
    if code in DENIED:
        return _denied(message, attempt)
    if code in ABSENT:
        return failed(f"There is no {attempt.resource}.")
    if code in PASSES:
        return warned(f"AWS is busy, so this is not known: {code}. Try again later.")
    return failed(f"AWS answered {code}: {message}")


def _denied(message: str, attempt: Attempt) -> Result:
    told = _ACTION.search(message)
    action = attempt.action
    # AWS writes the actions of SQS in small letters; attempts are as policies have them.
    if told is not None and told[1].lower() != action.lower():
        action = told[1]
    return failed(
        f"{action} on {attempt.resource} is not allowed.",
        missing=action,
        policy=policies.least([action], [attempt.resource]),
    )
