"""What lets one in: the settings of an authorization, secrets in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.settings import reveal


@dataclass(frozen=True, slots=True)
class Credentials:
    """An authorization for code that connects with it; its text shows no secret.

    Without an authorization there are no settings, and the method is empty.
    """

    authorization_id: int
    version: int
    """Rises with each change, so what is cached by `key` is never stale."""
    account_id: int
    provider: str
    method: str
    settings: Mapping[str, Any] = field(repr=False)

    @property
    def are_given(self) -> bool:
        """Whether there is an authorization."""
        return bool(self.method)

    @property
    def key(self) -> tuple[int, int]:
        """What to cache by."""
        return self.authorization_id, self.version


def credentials_of(authorization: Authorization) -> Credentials:
    """Those of an authorization as it was read; raises DecryptionError."""
    return Credentials(
        authorization_id=authorization.pk,
        version=authorization.version,
        account_id=authorization.account_id,
        provider=authorization.provider,
        method=authorization.method,
        settings=reveal(authorization.stored),
    )


def no_credentials(account_id: int) -> Credentials:
    """What a job without an authorization has."""
    return Credentials(
        authorization_id=0,
        version=0,
        account_id=account_id,
        provider="",
        method="",
        settings={},
    )
