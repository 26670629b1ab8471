"""Tokens of Microsoft Entra ID, by the client secret of an application.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings

from lyticsapp.authorizations import oauth2
from lyticsapp.authorizations.credentials import Credentials
from lyticsapp.authorizations.oauth2 import TokenRequest

SCOPE = "https://eventhubs.azure.net/.default"


def token(credentials: Credentials) -> str:
    """A token that is good now; raises TokenRefusedError, TokenUnreachableError."""
    return oauth2.token(credentials, _request)


def lasting_token(credentials: Credentials) -> tuple[str, float]:
    """A token, and for how many seconds it is good; raises the same."""
    return oauth2.lasting_token(credentials, _request)


def _request(given: Mapping[str, Any]) -> TokenRequest:
    authority = settings.AZURE_AUTHORITY_URL.rstrip("/")
    return TokenRequest(
        url=f"{authority}/{quote(given['tenant_id'], safe='')}/oauth2/v2.0/token",
        form={
            "grant_type": "client_credentials",
            "client_id": given["client_id"],
            "client_secret": given["client_secret"],
            "scope": SCOPE,
        },
    )
