"""Shared access signatures: policies with a key, and tokens signed with it.

https://learn.microsoft.com/rest/api/eventhub/generate-sas-token
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from lyticsapp.local.cloud.eventhubs.access import EVERYTHING, Claim, Grant, path_of
from lyticsapp.local.cloud.eventhubs.errors import UnauthorizedError

SCHEME = "SharedAccessSignature "


@dataclass(frozen=True)
class Policy:
    """A named key, and what those who hold it may do; of one hub, or of all."""

    name: str
    key: str = field(repr=False)
    claims: frozenset[Claim] = EVERYTHING
    hub: str = ""

    def signature(self, resource: str, expiry: str) -> str:
        """The signature of a resource, encoded as in the token, and an expiry."""
        signed = f"{resource}\n{expiry}".encode()
        digest = hmac.new(self.key.encode(), signed, hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


def check(token: str, policies: Mapping[str, Policy]) -> Grant:
    """What a token grants; UnauthorizedError with the reason where it is wrong."""
    parts = dict(
        part.partition("=")[::2] for part in token.removeprefix(SCHEME).split("&")
    )
    if missing := {"sr", "sig", "se", "skn"} - set(parts):
        raise UnauthorizedError(f"MalformedToken: {min(missing)} is missing.")
    policy = policies.get(unquote_plus(parts["skn"]))
    if policy is None:
        raise UnauthorizedError("InvalidSignature: The token's policy is unknown.")
    expected = policy.signature(parts["sr"], parts["se"])
    if not hmac.compare_digest(expected.encode(), unquote_plus(parts["sig"]).encode()):
        raise UnauthorizedError("InvalidSignature: The token has an invalid signature.")
    return Grant(
        claims=policy.claims,
        expires_at=_expiry(parts["se"]),
        path=_path(policy, path_of(unquote_plus(parts["sr"]))),
    )


def _expiry(text: str) -> float:
    if not text.isdecimal():
        raise UnauthorizedError("MalformedToken: se is not a time in seconds.")
    if int(text) <= time.time():
        raise UnauthorizedError("ExpiredToken: The token is expired.")
    return int(text)


def _path(policy: Policy, path: str) -> str:
    """The path a token is for, which lies in the hub of its policy."""
    below = f"{path}/".lower().startswith(f"{policy.hub}/".lower())
    if policy.hub and not below:
        raise UnauthorizedError(
            f"InvalidSignature: The policy {policy.name} is not for this resource."
        )
    return path
