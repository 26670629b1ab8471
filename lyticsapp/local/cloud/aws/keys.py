"""Access keys: an id that may be seen, and a secret."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Keys:
    """A pair of the form AWS gives out."""

    access_key_id: str
    secret_access_key: str = field(repr=False)

    @classmethod
    def new(cls) -> Keys:
        return cls(
            access_key_id="AKIA" + base64.b32encode(secrets.token_bytes(10)).decode(),
            secret_access_key=secrets.token_urlsafe(30),
        )

    @classmethod
    def known(cls, credentials: Mapping[str, str]) -> Keys | None:
        """The keys in a home's credentials, None where it has none."""
        try:
            return cls(
                credentials["aws_access_key_id"], credentials["aws_secret_access_key"]
            )
        except KeyError:
            return None
