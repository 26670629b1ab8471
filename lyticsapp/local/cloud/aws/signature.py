"""Signatures of AWS, version 4, in the Authorization header or a presigned address.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from posixpath import normpath
from urllib.parse import quote

from lyticsapp.local.cloud.aws.errors import RefusedError
from lyticsapp.local.cloud.aws.message import Message

ALGORITHM = "AWS4-HMAC-SHA256"
HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),"
    r"\s*Signature=([0-9a-f]+)"
)
SCOPE_PARTS = 5
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class Signature:
    """A signature and what it says of its maker; nothing of it is proven yet."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    timestamp: str
    session_token: str
    value: str
    presigned: bool

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def read(message: Message) -> Signature | None:
    """The signature of a message, None where there is none.

    Raises RefusedError for one that cannot be understood, or that is too old.
    """
    authorization = message.header("Authorization")
    if authorization:
        found = HEADER.match(authorization)
        if not found:
            raise RefusedError("unsupported_signature")
        return _signature(
            credential=found[1],
            headers=found[2],
            timestamp=message.header("X-Amz-Date"),
            token=message.header("X-Amz-Security-Token"),
            value=found[3],
            presigned=False,
        )
    if "X-Amz-Signature" in message.query:
        query = message.query
        _check_age(query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "0"))
        return _signature(
            credential=query.get("X-Amz-Credential", ""),
            headers=query.get("X-Amz-SignedHeaders", ""),
            timestamp=query.get("X-Amz-Date", ""),
            token=query.get("X-Amz-Security-Token", ""),
            value=query["X-Amz-Signature"],
            presigned=True,
        )
    if "AWSAccessKeyId" in message.query:  # version 2
        raise RefusedError("unsupported_signature")
    return None


def is_right(signature: Signature, message: Message, secret: str) -> bool:
    """Whether this secret makes this signature of this message."""
    key = b"AWS4" + secret.encode()
    for part in signature.scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    canonical = hashlib.sha256(_canonical(signature, message)).hexdigest()
    text = "\n".join([ALGORITHM, signature.timestamp, signature.scope, canonical])
    made = hmac.digest(key, text.encode(), "sha256").hex()
    return hmac.compare_digest(made, signature.value)


def _signature(
    *,
    credential: str,
    headers: str,
    timestamp: str,
    token: str,
    value: str,
    presigned: bool,
) -> Signature:
    parts = credential.split("/")
    if len(parts) != SCOPE_PARTS:
        raise RefusedError("unsupported_signature")
    return Signature(
        access_key_id=parts[0],
        date=parts[1],
        region=parts[2],
        service=parts[3],
        signed_headers=tuple(headers.split(";")),
        timestamp=timestamp,
        session_token=token,
        value=value,
        presigned=presigned,
    )


def _check_age(date: str, expires: str) -> None:
    try:
        made = datetime.strptime(date, DATE_FORMAT).replace(tzinfo=UTC)
        last = made + timedelta(seconds=int(expires))
    except (ValueError, OverflowError):
        raise RefusedError("unsupported_signature") from None
    if datetime.now(UTC) > last:
        raise RefusedError("access_denied", "Request has expired")


def _canonical(signature: Signature, message: Message) -> bytes:
    """What was signed: method, path, query, headers, digest of the payload."""
    path = message.raw_path
    if signature.service != "s3":
        path = quote(_normal(path), safe="/-_.~")
    pairs = sorted(
        pair if "=" in pair else f"{pair}="
        for pair in message.raw_query.split("&")
        if pair and not pair.startswith("X-Amz-Signature=")
    )
    headers = [
        f"{name}:{' '.join(message.header(name).split())}\n"
        for name in signature.signed_headers
    ]
    return "\n".join(
        [
            message.method,
            path,
            "&".join(pairs),
            "".join(headers),
            ";".join(signature.signed_headers),
            _payload_digest(signature, message),
        ]
    ).encode("latin-1")


def _normal(path: str) -> str:
    """The path without dots and doubled slashes; a last slash stays."""
    normal = "/" + normpath(path).lstrip("/") if path else "/"
    return normal + "/" if path.endswith("/") and normal != "/" else normal


def _payload_digest(signature: Signature, message: Message) -> str:
    """S3 is told it, so that what is streamed need not be read here."""
    if signature.service == "s3":
        told = message.header("X-Amz-Content-SHA256")
        return told or (UNSIGNED if signature.presigned else _digest(message))
    return _digest(message)


def _digest(message: Message) -> str:
    return hashlib.sha256(message.body).hexdigest()
