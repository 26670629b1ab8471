"""Microsoft Entra ID: an application exchanges its secret for a token.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lyticsapp.local.cloud.eventhubs.access import EVERYTHING, Claim, Grant
from lyticsapp.local.cloud.eventhubs.errors import UnauthorizedError

AUDIENCE = "https://eventhubs.azure.net"
LIFETIME_S = 3599


class TokenError(Exception):
    """A refusal, as OAuth 2.0 words it."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


@dataclass(frozen=True)
class Application:
    """An application registered in a tenant, and the claims its roles give it."""

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    signing_key: str = field(repr=False)
    claims: frozenset[Claim] = EVERYTHING

    def issue(self, tenant_id: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The answer to a token request; TokenError where it is refused."""
        self._check(tenant_id, form)
        now = int(time.time())
        claims = {
            "aud": AUDIENCE,
            "tid": self.tenant_id,
            "appid": self.client_id,
            "nbf": now,
            "exp": now + LIFETIME_S,
        }
        return {
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
            "ext_expires_in": LIFETIME_S,
            "access_token": self._sign(claims),
        }

    def grant(self, token: str) -> Grant:
        """What one of our tokens grants; UnauthorizedError where it is none."""
        head, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(head), signature.encode()):
            raise UnauthorizedError("InvalidToken: The token has an invalid signature.")
        claims = json.loads(_decoded(head.partition(".")[2]))
        if claims["exp"] <= time.time():
            raise UnauthorizedError("ExpiredToken: The token is expired.")
        return Grant(claims=self.claims, expires_at=claims["exp"])

    def _check(self, tenant_id: str, form: Mapping[str, str]) -> None:
        if tenant_id != self.tenant_id:
            raise TokenError(
                "invalid_request", f"AADSTS90002: Tenant '{tenant_id}' not found."
            )
        if form.get("grant_type") != "client_credentials":
            raise TokenError(
                "unsupported_grant_type",
                "AADSTS70003: The app requested an unsupported grant type.",
            )
        if form.get("client_id") != self.client_id:
            raise TokenError(
                "unauthorized_client",
                "AADSTS700016: The application was not found in the directory.",
            )
        given = form.get("client_secret", "")
        if not hmac.compare_digest(given.encode(), self.client_secret.encode()):
            raise TokenError(
                "invalid_client",
                "AADSTS7000215: Invalid client secret provided.",
                status=401,
            )
        if not _is_scope(form.get("scope", "")):
            raise TokenError(
                "invalid_scope", "AADSTS70011: The provided value for scope is invalid."
            )

    def _sign(self, claims: Mapping[str, Any]) -> str:
        header = {"typ": "JWT", "alg": "HS256"}
        head = ".".join(
            _encoded(json.dumps(each).encode()) for each in (header, claims)
        )
        return f"{head}.{self._signature(head).decode()}"

    def _signature(self, head: str) -> bytes:
        digest = hmac.new(
            self.signing_key.encode(), head.encode(), hashlib.sha256
        ).digest()
        return _encoded(digest).encode()


def _is_scope(scope: str) -> bool:
    # The SDK writes two slashes, as the resource's own address ends in one.
    return scope in (f"{AUDIENCE}/.default", f"{AUDIENCE}//.default")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
