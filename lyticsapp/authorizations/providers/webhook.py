"""Webhooks: nothing, a header or parameter, or OAuth 2 client credentials.

https://datatracker.ietf.org/doc/html/rfc6749#section-4.4
"""

from __future__ import annotations

from lyticsapp.authorizations.provider import Method
from lyticsapp.declaration.settings import Kind, Setting
from lyticsapp.network.urls import check_url

TITLE = "Webhook"
ICON = "webhook"

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
            ),
            Setting(
                name="parameters",
                label="Parameters",
                help="Added to the address, as in a=b&c=d.",
                secret=True,
            ),
        ),
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
                check=check_url,
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
    ),
)
