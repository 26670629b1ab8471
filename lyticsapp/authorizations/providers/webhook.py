"""Webhooks: nothing, a header or parameter, or OAuth 2 client credentials.

https://datatracker.ietf.org/doc/html/rfc6749#section-4.4
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lyticsapp.authorizations import oauth2
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.errors import TokenRefusedError, TokenUnreachableError
from lyticsapp.authorizations.provider import Method
from lyticsapp.authorizations.step import Result, Step, failed, passed, warned
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import Kind, Setting
from lyticsapp.network.addresses import AddressRefusedError
from lyticsapp.network.headers import check_headers
from lyticsapp.network.looking import refuse_private
from lyticsapp.network.urls import check_url, prepared

TITLE = "Webhook"
ICON = "webhook"


def check_parameters(text: str) -> None:
    """Raises ValueError where these are no parameters of an address."""
    if re.search(r"[\s#\x00-\x1f\x7f]", text):
        raise ValueError("must hold no spaces, line breaks or #.")
    for part in text.lstrip("?&").split("&"):
        if not part.partition("=")[0] or "=" not in part:
            raise ValueError("must be names and values, as in a=b&c=d.")


def check_token_url(url: str) -> None:
    """Raises ValueError where the address is not one to ask for a token."""
    check_url(url)
    parts = urlsplit(prepared(url))
    try:
        refuse_private(parts.hostname or "", parts.port or 443)
    except AddressRefusedError as error:
        raise ValueError(str(error)) from error


def _something(settings: Mapping[str, Any]) -> dict[str, Any]:
    if not settings.get("headers") and not settings.get("parameters"):
        raise InvalidSettingError("headers", "enter a header or a parameter.")
    return {}


def _token(credentials: Credentials) -> Result:
    try:
        oauth2.token(credentials)
    except TokenRefusedError as error:
        return failed(str(error))
    except TokenUnreachableError as error:
        return warned(f"{error} Try again later.")
    return passed("The token URL gives a token.")


METHODS = (
    Method(
        key="none",
        title="No Authorization",
        intro="The other side asks for no credentials.",
        fields=(),
    ),
    Method(
        key="header",
        title="Header or Parameter",
        intro="Headers or parameters of the address that hold a key.",
        fields=(
            Setting(
                name="headers",
                label="Headers",
                help="Sent with each request.",
                kind=Kind.MAP,
                secret_entry=lambda name: True,
                check=check_headers,
            ),
            Setting(
                name="parameters",
                label="Parameters",
                help="Added to the address, as in a=b&c=d.",
                secret=True,
                check=check_parameters,
            ),
        ),
        check=_something,
    ),
    Method(
        key="oauth2",
        title="OAuth2 Client Credentials",
        intro="A client that gets a token for each while, and sends it as Bearer.",
        fields=(
            Setting(
                name="token_url",
                label="Token URL",
                help="The address that gives out tokens.",
                required=True,
                check=check_token_url,
            ),
            Setting(
                name="client_id",
                label="Client ID",
                help="Of the client that was registered for this.",
                required=True,
            ),
            Setting(
                name="client_secret",
                label="Client Secret",
                help="The secret that belongs to it.",
                required=True,
                secret=True,
            ),
            Setting(
                name="scope",
                label="Scope",
                help="What the token is to be good for, where the other side asks.",
            ),
        ),
        steps=(Step(key="token", title="Get a token", run=_token),),
    ),
)
