"""What subscriptions refuse; each text says what was wrong and what to do.

SubscriptionError
├── InvalidSettingError       a value that cannot be saved (400)
├── UnknownChannelError       a channel that does not exist (400)
├── NotOfferedYetError        documented, and still to be built (501)
├── UnknownSubscriptionError  no such subscription in this account (404)
└── ChannelDeclarationError   a channel's file lacks a part; stops start-up
"""

from __future__ import annotations

from collections.abc import Iterable


class SubscriptionError(Exception):
    """Base of the errors of this package."""


class InvalidSettingError(SubscriptionError):
    """A setting's value that cannot be saved, and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class UnknownChannelError(SubscriptionError):
    """A channel that is not offered."""

    def __init__(self, key: object, offered: Iterable[str]) -> None:
        super().__init__(
            f"channel: {key!r} is not offered. Choose one of: {', '.join(offered)}."
        )


class NotOfferedYetError(SubscriptionError):
    """Something documented that is still to be built."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not offered yet.")


class UnknownSubscriptionError(SubscriptionError):
    """No subscription of this account has the id."""


class ChannelDeclarationError(SubscriptionError):
    """A channel's file lacks what every channel declares."""
