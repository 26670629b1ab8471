"""What authorizations refuse; each text says what was wrong and what to do.

AuthorizationError
├── UnknownProviderError       there is no such provider (404)
├── UnknownMethodError         the provider has no such method (400)
├── UnknownAuthorizationError  no such authorization in this account (404)
├── AuthorizationInUseError    jobs need what was to be deleted (409)
├── TokenRefusedError          the giver of tokens gives none: somebody has to mend it
└── TokenUnreachableError      the giver of tokens does not answer now
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class AuthorizationError(Exception):
    """Base of the errors of this package."""


class UnknownProviderError(AuthorizationError):
    """There is no provider of this key."""

    def __init__(self, key: str, known: Iterable[str]) -> None:
        super().__init__(
            f"There is no provider {key!r}. Choose one of: {', '.join(known)}."
        )


class UnknownMethodError(AuthorizationError):
    """The provider has no method of this key."""

    def __init__(self, provider: str, key: str, known: Iterable[str]) -> None:
        super().__init__(
            f"{provider} has no method {key!r}. Choose one of: {', '.join(known)}."
        )


class UnknownAuthorizationError(AuthorizationError):
    """No authorization of this account has the id."""


class AuthorizationInUseError(AuthorizationError):
    """Jobs would stop without it."""

    def __init__(self, jobs: Sequence[str]) -> None:
        named = ", ".join(f"“{label}”" for label in jobs)
        super().__init__(
            f"It is used by {named}. Delete them, or give them another one, first."
        )


class TokenRefusedError(AuthorizationError):
    """The giver of tokens gives none; waiting does not help."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The token URL gave no token: {reason}.")


class TokenUnreachableError(AuthorizationError):
    """The giver of tokens does not answer now."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The token URL does not answer: {reason}.")
