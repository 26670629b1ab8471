"""Hashes, encodings and random identifiers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from typing import Any

from segments.filterql.coerce import is_nil, to_text
from segments.filterql.functions.registry import function
from segments.filterql.functions.text import bytes_of, if_short
from segments.filterql.siphash import siphash
from segments.filterql.values import MISSING


def _digest(algorithm: str, value: Any) -> Any:
    if is_nil(value):
        return MISSING
    data = bytes_of(to_text(value) or "")
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


@function("hash.md5(x)", 1)
def md5(value: Any) -> Any:
    """The MD5 of the text, in hexadecimal."""
    return _digest("md5", value)


@function("hash.sha1(x)", 1)
def sha1(value: Any) -> Any:
    """The SHA-1 of the text, in hexadecimal."""
    return _digest("sha1", value)


@function("hash.sha256(x)", 1)
def sha256(value: Any) -> Any:
    """The SHA-256 of the text, in hexadecimal."""
    return _digest("sha256", value)


@function("hash.sha512(x)", 1)
def sha512(value: Any) -> Any:
    """The SHA-512 of the text, in hexadecimal."""
    return _digest("sha512", value)


@function("hash.sip(x)", 1, aliases=("hash",))
def sip(value: Any) -> Any:
    """The SipHash-2-4 of the text under the key 0, 1, as an integer."""
    if isinstance(value, list):
        value = to_text(value[0]) if value else None
    if type(value) is not str or not value:
        return MISSING
    number = siphash(bytes_of(value), 0, 1)
    return number - 2**64 if number >= 2**63 else number


@function("encoding.b64encode(x)", 1)
def b64encode(value: Any) -> Any:
    """The text in base 64."""
    if is_nil(value):
        return MISSING
    return if_short(base64.b64encode(bytes_of(to_text(value) or "")).decode())


@function("encoding.b64decode(x)", 1)
def b64decode(value: Any) -> Any:
    """The text that base 64 holds."""
    if is_nil(value):
        return MISSING
    text = (to_text(value) or "").replace("\n", "").replace("\r", "")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return MISSING
    return data.decode("utf-8", "replace")


@function("uuid()", 0)
def random_identifier() -> str:
    """A random identifier, another one each time."""
    return str(uuid.uuid4())
