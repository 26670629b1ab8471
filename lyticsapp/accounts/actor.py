"""Who makes a change: a person, a token, or (neither) the product itself."""

from __future__ import annotations

from dataclasses import dataclass

from lyticsapp.accounts.models import ApiToken, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change, for the audit log and for `created_by`."""

    user: User | None = None
    token: ApiToken | None = None

    @property
    def author(self) -> User | None:
        """The person behind the change: the token's maker where a token made it."""
        if self.user is not None or self.token is None:
            return self.user
        return self.token.created_by
