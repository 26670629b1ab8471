"""What is secret by its name, and how it is kept out of sight. Imports nothing of ours.

`****` stands for a secret wherever settings are shown, and in every log line.
"""

from __future__ import annotations

import re

MASK = "****"

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
