"""Public ids: 32 lower-case hexadecimal characters, as the documents show them."""

from __future__ import annotations

import re
import secrets

_PUBLIC_ID = re.compile(r"[0-9a-f]{32}")


def new_public_id() -> str:
    """A random id of 32 lower-case hexadecimal characters."""
    return secrets.token_hex(16)


def is_public_id(text: str) -> bool:
    """Whether the text has the form of a public id."""
    return _PUBLIC_ID.fullmatch(text) is not None
