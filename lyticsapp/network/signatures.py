"""Signatures of webhooks, as Standard Webhooks has them.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a key."""


def key_of(secret: str) -> bytes:
    """The key that a secret is, `whsec_` and base64; raises ValueError."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"must begin with {PREFIX}, and go on in base64.")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"must be base64 after {PREFIX}.") from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"must hold {SHORTEST} to {LONGEST} bytes after {PREFIX}.")
    return key


def check_secret(secret: str) -> None:
    """Raises ValueError where this is no secret to sign with."""
    key_of(secret)


def signature(message_id: str, at: str, body: bytes, keys: Iterable[bytes]) -> str:
    """The header `webhook-signature`: one by each key, so that one can be replaced."""
    signed = f"{message_id}.{at}.".encode() + body
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in digests)
