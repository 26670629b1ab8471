"""Web addresses that people type: whether one is fit to be requested, and how it is."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.exceptions import RequestException


def check_url(url: str) -> None:
    """Raises ValueError where the address is not one to request."""
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise ValueError("must hold no spaces, backslashes or control characters.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"is not a web address: {error}.") from error
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ValueError("must be a web address that begins with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "must hold no user or password; send them in an Authorization header."
        )
    prepared(url)


@lru_cache(maxsize=1_024)
def prepared(url: str) -> str:
    """The address as it goes over the wire: host in IDNA, path percent-encoded.

    Raises ValueError.
    """
    prepared = PreparedRequest()
    try:
        prepared.prepare_url(url, None)
    except (RequestException, UnicodeError) as error:
        raise ValueError("is not a web address.") from error
    return cast(str, prepared.url)
