"""What subscriptions refuse; each text says what was wrong and what to do.

SubscriptionError
├── UnknownChannelError       a channel that does not exist (400)
└── UnknownSubscriptionError  no such subscription in this account (404)

What is wrong with a setting is a `lyticsapp.declaration.errors.DeclarationError`.
"""

from __future__ import annotations

from collections.abc import Iterable


class SubscriptionError(Exception):
    """Base of the errors of this package."""


class UnknownChannelError(SubscriptionError):
    """A channel that is not offered."""

    def __init__(self, key: object, offered: Iterable[str]) -> None:
        super().__init__(
            f"channel: {key!r} is not offered. Choose one of: {', '.join(offered)}."
        )


class UnknownSubscriptionError(SubscriptionError):
    """No subscription of this account has the id."""
