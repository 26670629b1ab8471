"""What subscriptions refuse; each text says what was wrong and what to do.

SubscriptionError
├── UnknownChannelError       a channel that does not exist (400)
├── UnknownSubscriptionError  no such subscription in this account (404)
├── NothingToReplayError      no message that has ended was selected (400)
├── UnknownReplayError        no such replay of this subscription (404)
├── ReplayRateError           a replay that is too fast, or does not move (400)
├── BackfillStateError        a backfill that cannot be steered so now (409)
├── NotSentError              the settings cannot be read (400)
└── ReconciliationError       nothing can be compared or corrected now (400)

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


class NothingToReplayError(SubscriptionError):
    """No message is like that, or all of them are on their way already."""

    def __init__(self) -> None:
        super().__init__(
            "No message can be sent again: none is like that, or all that are wait to "
            "be sent already. Select others."
        )


class UnknownReplayError(SubscriptionError):
    """No replay of this subscription has the number."""


class ReplayRateError(SubscriptionError):
    """A rate that a replay cannot have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"per_second: must be a number from 1 to {most:,}.")


class BackfillStateError(SubscriptionError):
    """What cannot be done with a backfill in the state it is in, and what to do."""


class NotSentError(SubscriptionError):
    """A test could not be sent, and why."""


class ReconciliationError(SubscriptionError):
    """Nothing can be compared or corrected now, and why."""
