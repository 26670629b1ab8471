"""Headers that people type: whether one is fit to be sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

OWN_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    }
)
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises ValueError where a header is not one to send."""
    for name, value in headers.items():
        if HEADER_NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} is not the name of a header.")
        if name.lower() in OWN_HEADERS:
            raise ValueError(f"{name} is set by the product and cannot be chosen.")
        if HEADER_VALUE.fullmatch(value) is None:
            raise ValueError(
                f"the value of {name} holds line breaks or other characters that "
                "headers cannot."
            )
