"""Errors as AWS answers them: one text and code for S3, for query and for JSON calls."""

from __future__ import annotations

import json
import uuid
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from lyticsapp.local.cloud.aws.errors import RefusedError
from lyticsapp.local.cloud.aws.message import Message

INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105
EXPIRED = "The security token included in the request is expired"
WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided."
)
UNSUPPORTED = (
    "The authorization mechanism you have provided is not supported."
    " Please use AWS4-HMAC-SHA256."
)
# SQS speaks JSON, with the codes of the query protocol it had before.
FAMILIES = {"s3": "s3", "sqs": "query"}
# By kind, then by family: status, code and message.
ERRORS: dict[str, dict[str, tuple[int, str, str]]] = {
    "access_denied": {
        "s3": (403, "AccessDenied", "Access Denied"),
        "query": (403, "AccessDenied", "Access Denied"),
        "json": (400, "AccessDeniedException", "Access Denied"),
    },
    "unsigned": {
        "s3": (403, "AccessDenied", "Access Denied"),
        "query": (
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
        "json": (
            400,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
    },
    "unknown_key": {
        "s3": (
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        "query": (403, "InvalidClientTokenId", INVALID_TOKEN),
        "json": (400, "UnrecognizedClientException", INVALID_TOKEN),
    },
    "wrong_token": {
        "s3": (
            400,
            "InvalidToken",
            "The provided token is malformed or otherwise invalid.",
        ),
        "query": (403, "InvalidClientTokenId", INVALID_TOKEN),
        "json": (400, "UnrecognizedClientException", INVALID_TOKEN),
    },
    "expired_token": {
        "s3": (400, "ExpiredToken", "The provided token has expired."),
        "query": (403, "ExpiredToken", EXPIRED),
        "json": (400, "ExpiredTokenException", EXPIRED),
    },
    "wrong_signature": {
        "s3": (
            403,
            "SignatureDoesNotMatch",
            f"{WRONG_SIGNATURE} Check your key and signing method.",
        ),
        "query": (
            403,
            "SignatureDoesNotMatch",
            f"{WRONG_SIGNATURE} Check your AWS Secret Access Key and signing method."
            " Consult the service documentation for details.",
        ),
        "json": (400, "InvalidSignatureException", WRONG_SIGNATURE),
    },
    "unsupported_signature": {
        "s3": (400, "InvalidRequest", UNSUPPORTED),
        "query": (403, "IncompleteSignature", UNSUPPORTED),
        "json": (400, "IncompleteSignatureException", UNSUPPORTED),
    },
    "invalid": {
        "s3": (400, "InvalidRequest", "Invalid request"),
        "query": (400, "ValidationError", "Invalid request"),
        "json": (400, "ValidationException", "Invalid request"),
    },
    "malformed": {
        "s3": (400, "MalformedXML", "The XML you provided was not well-formed."),
        "query": (400, "MalformedInput", "The request cannot be read."),
        "json": (400, "SerializationException", "The request cannot be read."),
    },
    "malformed_policy": {
        "s3": (400, "MalformedPolicy", "A policy cannot be evaluated."),
        "query": (400, "MalformedPolicyDocument", "A policy cannot be evaluated."),
        "json": (400, "MalformedPolicyDocument", "A policy cannot be evaluated."),
    },
}


def refusal(error: RefusedError, *, service: str, message: Message) -> Response:
    """The answer that a client of this service understands."""
    family = FAMILIES.get(service, "json" if message.target else "query")
    status, code, usual = ERRORS[error.kind][family]
    text = error.message or usual
    request_id = str(uuid.uuid4())
    if not message.target:
        return Response(
            _xml(service, code, text, request_id),
            status=status,
            content_type="application/xml" if service == "s3" else "text/xml",
            headers={"x-amz-request-id": request_id},
        )
    return Response(
        json.dumps({"__type": code, "message": text}),
        status=status,
        content_type="application/x-amz-json-1.1",
        headers={"x-amzn-requestid": request_id},
    )


def _xml(service: str, code: str, text: str, request_id: str) -> str:
    error = f"<Code>{code}</Code><Message>{escape(text)}</Message>"
    if service == "s3":
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f"<Error>{error}<RequestId>{request_id}</RequestId></Error>"
        )
    return (
        f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
