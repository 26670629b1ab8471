"""What the authorization of a webhook adds to its requests."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from lyticsapp.authorizations import oauth2
from lyticsapp.authorizations.credentials import Credentials

_OAUTH2 = "oauth2"


def headers_of(credentials: Credentials) -> Mapping[str, str]:
    """The headers it was given."""
    headers: Mapping[str, str] = credentials.settings.get("headers", {})
    return headers


def address_with(url: str, credentials: Credentials) -> str:
    """The address with the parameters it was given."""
    given = credentials.settings.get("parameters", "")
    if not given:
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, given.lstrip("?&"))))
    return urlunsplit(parts._replace(query=query))


def token_of(credentials: Credentials) -> Mapping[str, str]:
    """The header with a token that is good now, where the method is of tokens.

    Raises TokenRefusedError and TokenUnreachableError.
    """
    if credentials.method != _OAUTH2:
        return {}
    return {"Authorization": f"Bearer {oauth2.token(credentials)}"}
