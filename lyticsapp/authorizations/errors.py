"""What authorizations refuse; each text says what was wrong and what to do.

AuthorizationError
├── UnknownProviderError  there is no such provider (404)
└── UnknownMethodError    the provider has no such method (400)
"""

from __future__ import annotations

from collections.abc import Iterable


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
