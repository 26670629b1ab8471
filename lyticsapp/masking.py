"""What is secret by its name, and how it is kept out of sight. Imports nothing of ours.

`****` stands for a secret wherever settings are shown, and in every log line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "****"

SHORTEST_SECRET = 4
"""Shorter ones stand in any text by chance."""

_SECRET_NAME = re.compile(
    r"auth|cookie|credential|key|passw|secret|session|signature|token", re.IGNORECASE
)
_TOKEN = re.compile(r"\bat\.([0-9a-f]{32})\.[^\s\"'&]+")
_HEADER = re.compile(
    r"""(?i)(["']?(?:proxy-)?authorization["']?\s*[:=]\s*)"""
    r"""(?:"[^"]*"|'[^']*'|(?:(?:basic|bearer)\s+)?[^\s,;}]+)"""
)
_PARAMETER = re.compile(
    r"(?i)((?:^|[?&\s])(?:[\w.-]*(?:key|token|secret|passw(?:or)?d|signature))=)[^&\s\"']+"
)
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s@\"']*:[^/\s@\"']*@")


def looks_secret(name: str) -> bool:
    """Whether the value of a header or parameter of this name is shown to nobody."""
    return _SECRET_NAME.search(name) is not None


def without_secrets(text: str) -> str:
    """The text with tokens, credentials in addresses and headers masked."""
    text = _TOKEN.sub(rf"at.\1.{MASK}", text)
    text = _HEADER.sub(rf"\1{MASK}", text)
    text = _PARAMETER.sub(rf"\1{MASK}", text)
    return _USER_INFO.sub(rf"\1{MASK}@", text)


def secret_texts(secrets: Mapping[str, Any]) -> list[str]:
    """What to look for where secrets may be repeated: of `Bearer x` the `x` as well."""
    values: set[str] = set()
    for each in secrets.values():
        values.update(each.values() if isinstance(each, dict) else [each])
    values |= {value.rpartition(" ")[2] for value in values}
    return [value for value in values if len(value) >= SHORTEST_SECRET]


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text
